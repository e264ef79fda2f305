"""The command ``deepgalaxy verify``: whether files are still those that were accepted."""

import argparse
import os
import sys

from deepgalaxy.checksums import verify_file


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit status 1, and one sentence for each file that differs or is not known."""
    parser = argparse.ArgumentParser(prog="deepgalaxy verify", description=__doc__)
    parser.add_argument("files", nargs="+", help="files, by the paths that they have in the list of digests")
    parser.add_argument("--checksums", default="config/checksums.txt", help="digests as sha256sum writes them")
    args = parser.parse_args(arguments)
    failed = False
    for file in args.files:
        try:
            verify_file(os.path.normpath(file), args.checksums)
            print(f"{file}: unchanged since it was accepted")
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            failed = True
    sys.exit(failed)
