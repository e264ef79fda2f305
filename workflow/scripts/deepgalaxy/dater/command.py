"""Date images of galaxy mergers by a trained model (a dater), from any directory and without its training images."""

import argparse
from pathlib import Path

from deepgalaxy.dater.command_line import check_outputs, image_parser, run_command
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger

EPILOG = """\
The table has a row for every image; one that cannot be used has the reason in its row. The exit status is 0 if at least
one was dated, 1 if none was or the command failed, 2 if it was called wrongly. docs/observed.md explains the columns.

Example: deepgalaxy date dater.zip images/ -o times.csv
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit status 1 and one sentence if it fails, or if no image could be dated."""
    run_command("date", parse(arguments), _date)


def _date(args: argparse.Namespace) -> int:
    """Date what the command line names, write the tables, and return how many images were dated."""
    from deepgalaxy.dater.dater import Dater
    from deepgalaxy.observed.observation import list_observations

    observations = list_observations(args.images)
    check_outputs(args, [args.output, args.distributions], observations)
    dater = Dater.read(args.dater)
    logger.info("%d image(s); the model is %s", len(observations), dater.description["name"])
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
    parser = image_parser("date", __doc__, EPILOG)
    parser.add_argument("--distributions", type=Path, help="also write the probability of each interval of time, CSV")
    return parser.parse_args(arguments)
