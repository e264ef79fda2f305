"""Find the training images most like images of galaxy mergers, by what a trained model (a dater) sees in them."""

import argparse

from deepgalaxy.dater.command_line import check_outputs, image_parser, run_command
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger

EPILOG = """\
The table has a row for every image, with the five nearest training images, no two of one simulation: their row in
split.csv of the sample, simulation, camera, time in Myr, and distance in the features of the model. Others are searched
for by the four quarter turns of an image and their mirror images, and the smallest distance counts. Whether it is like
any training image at all, deepgalaxy date says.

Example: deepgalaxy similar dater.zip images/ -o similar.csv
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit status 1 and one sentence if it fails, or if no image could be used."""
    run_command("similar", image_parser("similar", __doc__, EPILOG).parse_args(arguments), _search)


def _search(args: argparse.Namespace) -> int:
    """Search for what the command line names, write the table, and return how many images were used."""
    from deepgalaxy.dater.dater import Dater
    from deepgalaxy.observed.observation import list_observations

    observations = list_observations(args.images)
    check_outputs(args, [args.output], observations)
    dater = Dater.read(args.dater)
    logger.info("%d image(s); the model is %s", len(observations), dater.description["name"])
    from deepgalaxy.dater.similar import similar_to_targets

    table = similar_to_targets(dater, observations, args.largest_megapixels, args.processes, args.memory_budget_mib)
    write_table(table, args.output)
    used = int(table["used"].sum())
    logger.info("similar images of %d of %d: %s", used, len(observations), args.output)
    return used
