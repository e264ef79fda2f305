"""The command ``deepgalaxy``: what of this package is of use without the workflow."""

import sys
from importlib import import_module

COMMANDS = {
    "date": ("deepgalaxy.dater.command", "date images of mergers by a trained model"),
    "similar": ("deepgalaxy.dater.similar_command", "find the training images most like images of mergers"),
    "simulate": ("deepgalaxy.simulation.command", "simulate a merger or a lone galaxy, and take its images"),
    "train": ("deepgalaxy.training.command", "train a network on prepared images"),
    "verify": ("deepgalaxy.dataset.verify", "check files against their accepted digests"),
}
"""The module of each subcommand, whose ``main`` takes the arguments after its name; and what it does."""


def main(arguments: list[str] | None = None) -> None:
    """Run the subcommand that the command line names; exit status 2, and what there is, if it names none."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] not in COMMANDS:
        asked_for_help = arguments[:1] in (["-h"], ["--help"])
        problem = [f"deepgalaxy: there is no command {arguments[0]!r}"] if arguments and not asked_for_help else []
        lines = [
            *problem,
            "usage: deepgalaxy COMMAND ...",
            "",
            *(f"  {name:10}{what}" for name, (_, what) in COMMANDS.items()),
        ]
        lines += ["", "deepgalaxy COMMAND --help lists the options of a command."]
        print("\n".join(lines), file=sys.stdout if asked_for_help else sys.stderr)
        sys.exit(0 if asked_for_help else 2)
    module, _ = COMMANDS[arguments[0]]
    import_module(module).main(arguments[1:])


if __name__ == "__main__":
    main()
