"""What the commands that apply a dater to images share: their arguments, and how they end."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepgalaxy.failures import in_one_sentence
from deepgalaxy.lifetime import on_stop_signals
from deepgalaxy.logs import StoppedBySignal, logger

if TYPE_CHECKING:
    from deepgalaxy.observed.observation import Observation

IMAGES = """\
Each IMAGE is a JPEG, PNG, TIFF or FITS file, a directory of these, or a catalogue: a CSV file with a column file
(relative to the catalogue) and, where they are known, id, ra and dec in degrees, and redshift or kpc_per_pixel.
If the scale is known, from kpc_per_pixel, or from redshift and the coordinates (WCS) in a FITS file, the field that the
model was trained on is cut out around ra and dec, or around the middle of the image; otherwise the whole image is taken
for that field. The column field of the table says which.
"""


def run_command(name: str, args: argparse.Namespace, work: Callable[[argparse.Namespace], int]) -> None:
    """Do the ``work`` of the command ``deepgalaxy name``, which returns how many images were of use; exit with status 1
    and one sentence if it fails, or if none was."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"deepgalaxy {name}: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if args.quiet else logging.INFO)
    on_stop_signals(_stop)
    try:
        used = work(args)
    except (Exception, StoppedBySignal) as error:
        print(f"deepgalaxy {name}: {in_one_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    finally:
        logger.removeHandler(handler)
    sys.exit(0 if used else 1)


def _stop(signal_name: str) -> None:
    raise StoppedBySignal(f"stopped by {signal_name}; nothing was written")


def check_outputs(
    args: argparse.Namespace, outputs: Sequence[Path | None], observations: "Sequence[Observation]"
) -> None:
    """Raise ValueError if one of the ``outputs`` cannot be written, is another one, or is among what is read."""
    read = {Path(path).resolve() for path in [args.dater, *args.images, *(each.path for each in observations)]}
    for output in filter(None, outputs):
        if not output.parent.is_dir():
            raise ValueError(f"{output} cannot be written: there is no directory {output.parent}.")
        if output.is_dir():
            raise ValueError(f"{output} is a directory; name a file for the table.")
        if not os.access(output.parent, os.W_OK):
            raise ValueError(f"{output} cannot be written: nothing may be written to the directory {output.parent}.")
        if output.resolve() in read:
            raise ValueError(f"{output} is among what is read or written; name another file for the table.")
        read.add(output.resolve())


def image_parser(name: str, description: str | None, epilog: str) -> argparse.ArgumentParser:
    """Return the parser of the command ``deepgalaxy name``, with the arguments that all such commands take."""
    parser = argparse.ArgumentParser(
        prog=f"deepgalaxy {name}",
        description=description,
        epilog=f"{IMAGES}\n{epilog}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dater", type=Path, help="the model: dater.zip, as the workflow packs it for each run")
    parser.add_argument("images", nargs="+", metavar="IMAGE", type=Path, help="files, directories, catalogues")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table to be written, CSV")
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
    return parser


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _above_zero(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number
