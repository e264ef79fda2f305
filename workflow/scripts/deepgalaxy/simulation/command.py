"""Simulate a merger of two galaxies, or a lone galaxy, and write its images in the published layout of DeepGalaxy."""

import argparse
import logging
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from deepgalaxy.dataset.layout import group_name, isolated_name, parse_group_name
from deepgalaxy.failures import in_one_sentence
from deepgalaxy.lifetime import on_stop_signals
from deepgalaxy.logs import StoppedBySignal, logger
from deepgalaxy.simulation.encounter import Encounter

EPILOG = """\
The companion has --size-ratio times the lengths and --mass-ratio times the masses of the primary. The file holds one
group, s_<size ratio>_m_<mass ratio> or isolated_01, with the images of fourteen cameras at each snapshot; a second one
may be put beside it by h5copy. The same seed gives the same file.

Example: deepgalaxy simulate --mass-ratio 0.5 --pericentre-kpc 4 --seed 7 -o merger.hdf5
"""
PARTICLES = ("disc", "bulge", "halo")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit status 1 and one sentence if it fails."""
    args = parse(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("deepgalaxy simulate: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    on_stop_signals(_stop)
    try:
        _simulate(args)
    except (Exception, StoppedBySignal) as error:
        print(f"deepgalaxy simulate: {in_one_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    finally:
        logger.removeHandler(handler)


def _stop(signal_name: str) -> None:
    raise StoppedBySignal(f"stopped by {signal_name}; nothing was written")


def _simulate(args: argparse.Namespace) -> None:
    """Simulate what the command line describes, and write its images."""
    if not args.output.parent.is_dir():
        raise ValueError(f"{args.output} cannot be written: there is no directory {args.output.parent}.")
    if args.output.is_dir():
        raise ValueError(f"{args.output} is a directory; name a file for the images.")
    if args.half_width_kpc < args.softening_kpc:
        raise ValueError("Nothing is seen in a field smaller than the softening; raise --half-width-kpc.")
    group = isolated_name(1) if args.isolated else group_name(args.size_ratio, args.mass_ratio)
    if not args.isolated and parse_group_name(group) != (args.size_ratio, args.mass_ratio):
        raise ValueError(f"The name {group} would not hold the ratios; give them no more than six digits.")
    from deepgalaxy.simulation.photograph import render_galaxies
    from deepgalaxy.simulation.simulate import simulate_galaxies

    with tempfile.TemporaryDirectory() as directory:
        snapshots = Path(directory, "snapshots.hdf5")
        simulate_galaxies(describe_galaxies(args), describe_settings(args), snapshots, args.threads)
        render_galaxies(snapshots, group, args.pixels, args.half_width_kpc, args.cameras, args.output)
    logger.info("%s: %s", group, args.output)


def describe_galaxies(args: argparse.Namespace) -> dict:
    """Return what ``simulate_galaxies`` takes for its first argument."""
    galaxies = {"size_ratio": args.size_ratio, "mass_ratio": args.mass_ratio, "seed": args.seed}
    if args.isolated:
        angles = {"inclination_deg": args.companion_inclination_deg, "node_deg": args.companion_node_deg}
        return galaxies | angles | {"snapshots": args.snapshots}
    names = Encounter.__dataclass_fields__
    return galaxies | {"encounter": {name: getattr(args, name) for name in names}}


def describe_settings(args: argparse.Namespace) -> dict:
    """Return what ``simulate_galaxies`` takes for its second argument."""
    return {
        "particles": {name: getattr(args, name) for name in PARTICLES},
        "snapshots": {
            "count": args.snapshots,
            "every_myr": args.every_myr,
            "after_coalescence_myr": args.after_coalescence_myr,
        },
        "longest_step_myr": args.longest_step_myr,
        "softening_kpc": args.softening_kpc,
        "largest_energy_error": args.largest_energy_error,
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command."""
    parser = argparse.ArgumentParser(
        prog="deepgalaxy simulate",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the image file to be written, HDF5")
    parser.add_argument("--isolated", action="store_true", help="a lone galaxy: the companion without the primary")
    parser.add_argument("--seed", type=_whole(0), default=1, help="of stars, dark matter and cameras; default: 1")
    for name, default, what in (
        ("size-ratio", 1.0, "of the companion over the primary"),
        ("mass-ratio", 1.0, "likewise"),
        ("approach-myr", 100.0, "from the start to the first pericentre"),
        ("pericentre-kpc", 4.0, "of the orbit that point masses would follow"),
        ("eccentricity", 0.9, "of the same; 1 is a parabola"),
        ("longest-step-myr", 2.0, "of the integration"),
        ("softening-kpc", 0.3, "of gravity"),
        ("half-width-kpc", 80.0, "half of the field of the images"),
        ("largest-energy-error", 0.01, "share of the kinetic energy; beyond it, the simulation fails"),
    ):
        parser.add_argument(f"--{name}", type=_positive, default=default, help=f"{what}; default: {default:g}")
    for galaxy, inclination, node in (("primary", 15.0, 20.0), ("companion", 60.0, -30.0)):
        for name, default in (("inclination", inclination), ("node", node)):
            what = f"of the {galaxy}'s disc, in degrees; default: {default:g}"
            parser.add_argument(f"--{galaxy}-{name}-deg", type=_number, default=default, help=what)
    for name, default, what in (
        ("snapshots", 77, "at most"),
        ("every-myr", 10, "between two snapshots"),
        ("disc", 4000, "particles in each galaxy"),
        ("bulge", 800, "likewise"),
        ("halo", 7000, "likewise"),
        ("pixels", 128, "on each side of an image"),
    ):
        parser.add_argument(f"--{name}", type=_whole(1), default=default, help=f"{what}; default: {default}")
    parser.add_argument("--after-coalescence-myr", type=_positive, help="end so long after it; default: never")
    parser.add_argument("--cameras", choices=("fixed", "turned"), default="turned", help="default: turned")
    parser.add_argument("--threads", type=_whole(1), default=len(os.sched_getaffinity(0)), help="default: all cores")
    return parser.parse_args(arguments)


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return number


def _positive(text: str) -> float:
    if (number := _number(text)) <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if (number := int(text)) < least:
            raise argparse.ArgumentTypeError(f"{text} is not at least {least}")
        return number

    return whole
