"""Dating galaxy mergers from images: simulation, data path, training, evaluation and report.

Nothing in this package knows of Snakemake; the thin scripts beside it connect its functions to the rules.
"""

import os

# The locks of HDF5 would be of no use, as files appear whole, and fail where a file system has none.
os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")


def __getattr__(name: str) -> str:
    """Return ``__version__``, which is looked up when it is asked for: most processes never do."""
    if name == "__version__":
        from deepgalaxy.version import workflow_version

        return workflow_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
