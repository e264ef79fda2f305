"""The image in which all rules run with `--sdm apptainer`.

Parameters: `machine: container`. With another name there, or without the image, Snakemake takes all software for changed.
"""

from snakemake.common import is_local_file
from snakemake.settings.types import DeploymentMethod


container: MACHINE["container"]


def check_container():
    """Refuse to run jobs in an image that is not there, or rank processes of several nodes, which one container cannot
    start."""
    if DeploymentMethod.APPTAINER not in workflow.deployment_settings.deployment_method:
        return
    image = MACHINE["container"]
    if is_local_file(image) and not os.path.exists(image):
        raise WorkflowError(
            f"There is no image {image} for --sdm apptainer; build it as docs/containers.md says, or name yours under"
            " `machine: container`."
        )
    trained = {workers for part in ("experiment", "scaling", "benchmark") for workers in config[part]["workers"]}
    if spread := sorted(workers for workers in trained if job_of(workers).nodes > 1):
        raise WorkflowError(
            f"With --sdm apptainer the ranks of a training run stay on one node, and {spread[0]} workers take"
            f" {job_of(spread[0]).nodes} (`machine: ranks_per_node`); leave it out and let `machine: launcher` start a"
            " container for each rank (docs/containers.md), or train with fewer `workers`."
        )
