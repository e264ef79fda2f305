"""Figures of the report. They carry no date, so that the same results give the same files."""

import os
from importlib.util import find_spec
from pathlib import Path

# What a user has set for Matplotlib may end its import; see also deepgalaxy.figures.style.
os.environ.pop("MPLBACKEND", None)
if (found := find_spec("matplotlib")) and found.origin:
    os.environ["MATPLOTLIBRC"] = str(Path(found.origin).with_name("mpl-data") / "matplotlibrc")
