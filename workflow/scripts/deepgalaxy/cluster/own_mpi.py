"""The Open MPI of this Python environment, kept apart from any other that a site's modules have put in its way."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

ELSEWHERE = ("OPAL_PREFIX", "PMIX_PREFIX", "PRTE_PREFIX")
"""Where another installation says that its parts lie."""


def environment_of_launcher(program: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables to start a launcher with, so that one of this Python environment finds its own libraries.

    The libraries that it was built with are found by a path in the program, which LD_LIBRARY_PATH comes before: with
    another PMIx there, it would not start. A launcher from elsewhere gets the variables as they are. Settings of Open
    MPI (OMPI_MCA_…) always stay: they describe the machine, and are recorded.
    """
    found = shutil.which(program, path=environment.get("PATH"))
    if not found or Path(found).parent != Path(sys.prefix, "bin"):
        return dict(environment)
    own = [str(Path(sys.prefix, "lib", directory)) for directory in ("", "openmpi")]
    others = [path for path in (environment.get("LD_LIBRARY_PATH"),) if path]
    kept = {name: value for name, value in environment.items() if name not in ELSEWHERE}
    return kept | {"LD_LIBRARY_PATH": os.pathsep.join([*own, *others])}
