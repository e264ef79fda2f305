"""The image in which all rules run with `--sdm apptainer`.

Parameters: `machine: container`. With another name there, or without the image, Snakemake takes all software for changed.
"""

from snakemake.common import is_local_file
from snakemake.settings.types import DeploymentMethod

IN_CONTAINER = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method


container: MACHINE["container"]


def check_container():
    """Refuse to run jobs in an image that is not there, and training runs that one container cannot start."""
    image = MACHINE["container"]
    if IN_CONTAINER and is_local_file(image) and not os.path.exists(image):
        raise WorkflowError(
            f"There is no image {image} for --sdm apptainer; build it as docs/containers.md says, or name yours under"
            " `machine: container`."
        )
    try:
        for workers in (*EXPERIMENT["workers"], *config["scaling"]["workers"]):
            refuse_other_nodes(job_of(workers))
    except ValueError as error:
        raise WorkflowError(str(error)) from None


def refuse_other_nodes(job):
    """Raise ValueError if the ranks of a training run would have to be started on other nodes from within a container."""
    if IN_CONTAINER and job.nodes > 1:
        raise ValueError(
            f"With --sdm apptainer the ranks of a training run stay on one node, and {job.ranks} workers take {job.nodes}"
            " (`machine: ranks_per_node`): train with fewer, or leave --sdm apptainer out and let `machine: launcher`"
            " start a container for each rank (docs/containers.md)."
        )
