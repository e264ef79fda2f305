"""The cluster that the tests of this folder share."""

import shutil
import tempfile
from pathlib import Path

import pytest
from cluster import cluster, missing


@pytest.fixture(scope="session")
def slurm():
    """A running cluster of four nodes, with two cores and two fake GPUs each."""
    if missing():
        pytest.skip(f"SLURM is not installed: {', '.join(missing())} not found (Debian: slurm-wlm, munge)")
    root = Path(tempfile.mkdtemp(prefix="slurm-"))  # short, for the paths of sockets
    try:
        with cluster(root) as made:
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)
