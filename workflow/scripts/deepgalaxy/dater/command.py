"""Date images of galaxy mergers by a trained model (a dater), from any directory and without its training images."""

import argparse
import logging
import os
import sys
from pathlib import Path

from deepgalaxy.failures import in_one_sentence
from deepgalaxy.files import write_table
from deepgalaxy.lifetime import on_stop_signals
from deepgalaxy.logs import StoppedBySignal, logger

EPILOG = """\
Each IMAGE is a JPEG, PNG, TIFF or FITS file, a directory of these, or a catalogue: a CSV file with a column file
(relative to the catalogue) and, where they are known, id, ra and dec in degrees, and redshift or kpc_per_pixel.
If the scale is known, from kpc_per_pixel, or from redshift and the coordinates (WCS) in a FITS file, the field that the
model was trained on is cut out around ra and dec, or around the middle of the image; otherwise the whole image is taken
for that field. The column field of the table says which.

The table has a row for every image; one that cannot be used has the reason in its row. The exit status is 0 if at least
one was dated, 1 if none was or the command failed, 2 if it was called wrongly. docs/observed.md explains the columns.

Example: deepgalaxy date dater.zip images/ -o times.csv
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit status 1 and one sentence if it fails, or if no image could be dated."""
    args = parse(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("deepgalaxy date: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if args.quiet else logging.INFO)
    on_stop_signals(_stop)
    try:
        dated = _date(args)
    except (Exception, StoppedBySignal) as error:
        print(f"deepgalaxy date: {in_one_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    finally:
        logger.removeHandler(handler)
    sys.exit(0 if dated else 1)


def _stop(signal_name: str) -> None:
    raise StoppedBySignal(f"stopped by {signal_name}; nothing was written")


def _date(args: argparse.Namespace) -> int:
    """Date what the command line names, write the tables, and return how many images were dated."""
    from deepgalaxy.dater.dater import Dater
    from deepgalaxy.observed.observation import list_observations

    for output in filter(None, (args.output, args.distributions)):
        if not output.parent.is_dir():
            raise ValueError(f"{output} cannot be written: there is no directory {output.parent}.")
    dater, observations = Dater.read(args.dater), list_observations(args.images)
    if args.output.resolve() in {Path(path).resolve() for path in [args.dater, *args.images]}:
        raise ValueError(f"{args.output} is among what is read; name another file for the table.")
    logger.info("%d images; the model is %s", len(observations), dater.description["name"])
    from deepgalaxy.dater.date import date_observations
    from deepgalaxy.observed.table import is_warned

    dated = date_observations(dater, observations, args.largest_megapixels, args.processes, args.memory_budget_mib)
    if args.distributions:
        write_table(dated.times, args.distributions)
    write_table(dated.table, args.output)
    used = int(dated.table["used"].sum())
    warned = int(is_warned(dated.table).sum())
    logger.info("%d of %d images dated, %d of these with a warning: %s", used, len(observations), warned, args.output)
    return used


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command."""
    parser = argparse.ArgumentParser(
        prog="deepgalaxy date",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dater", type=Path, help="the model: dater.zip, as the workflow packs it for each run")
    parser.add_argument("images", nargs="+", metavar="IMAGE", type=Path, help="files, directories, catalogues")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table to be written, CSV")
    parser.add_argument("--distributions", type=Path, help="also write the probability of each interval of time, CSV")
    parser.add_argument(
        "--processes",
        type=_at_least_one,
        default=len(os.sched_getaffinity(0)),
        help="that read images, and threads of the network; default: the cores there are",
    )
    parser.add_argument(
        "--largest-megapixels", type=_above_zero, default=100.0, help="do not decode larger images; default: 100"
    )
    parser.add_argument(
        "--memory-budget-mib", type=_at_least_one, default=1024, help="memory for a batch of images; default: 1024"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _above_zero(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number
