"""The size of a training run's job (nodes, ranks, cores, GPUs) and the command that starts its ranks."""

import shlex
from dataclasses import asdict, dataclass

ONE_MACHINE = (
    "mpirun -np {ranks} --bind-to none --oversubscribe --allow-run-as-root"
    " --mca mpi_yield_when_idle 1 --mca threads_pthreads_yield_strategy nanosleep"
    " --mca threads_pthreads_nanosleep_time 200000"
)
"""How ranks are started on a machine without a batch system.

They are not bound to cores, since TensorFlow's threads fill the cores that a rank is given; there may be more ranks
than cores; and a rank that waits for others sleeps, 0.2 ms at a time, rather than spin: Linux 6.18 gave two of four
ranks that yielded to each other a tenth of the time of the others, and a run of seconds took ten minutes. Horovod waits
in a separate thread next to the computing one; spinning there took a third of a core, naps of 1 ns a tenth.
"""


@dataclass(frozen=True)
class TrainingJob:
    """Equally many ranks on each of some nodes, each rank with its own cores."""

    ranks: int
    nodes: int
    cpus_per_rank: int

    @property
    def ranks_per_node(self) -> int:
        """Ranks on each node."""
        return self.ranks // self.nodes

    @property
    def slurm_tasks_per_node(self) -> int | None:
        """What SLURM is asked for, so that it spreads the ranks equally; None if a node has one rank.

        Snakemake's plugin takes either this, if more than 1, or ``slurm_tasks``; neither for a job without MPI.
        """
        return self.ranks_per_node if self.ranks_per_node > 1 else None

    @property
    def slurm_tasks(self) -> int | None:
        """What SLURM is asked for where each of several nodes has one rank; None otherwise."""
        return self.ranks if self.nodes == self.ranks > 1 else None

    def gres(self, gpu: str) -> str | None:
        """Return what SLURM is asked for on each node, if ``gpu`` is its name for one GPU; None if that is empty."""
        return f"{gpu}:{self.ranks_per_node}" if gpu else None

    def launch_command(self, template: str = "", stop_minutes: float = 0) -> list[str]:
        """Return the command that starts the ranks of the program that follows it, as words; no MPI for a single rank.

        ``template`` may name the fields ranks, nodes, ranks_per_node and cpus_per_rank in braces; ONE_MACHINE takes the
        place of an empty one. ``stop_minutes`` before a job's time limit, training is asked to stop. Raises ValueError
        if the template names anything else.
        """
        fields = asdict(self) | {"ranks_per_node": self.ranks_per_node}
        try:
            start = shlex.split((template or ONE_MACHINE).format(**fields)) if self.ranks > 1 else []
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                f"`machine: launcher: {template}` cannot be filled in ({error}); it may name {', '.join(fields)} in"
                " braces."
            ) from None
        return ["python", "-m", "deepgalaxy.cluster.launcher", f"--stop-minutes={stop_minutes}", *start]


def size_training_job(ranks: int, ranks_per_node: int, cpus_per_rank: int, cores: int | None = None) -> TrainingJob:
    """Return the size of the job for a run of ``ranks``.

    ``ranks_per_node`` is how many a node takes at most; 0 means that all run on one machine, whose ``cores`` they
    share if ``cpus_per_rank`` is 0. Raises ValueError if the ranks do not divide equally among the nodes they need.
    """
    nodes = -(-ranks // ranks_per_node) if ranks_per_node else 1
    if ranks % nodes:
        raise ValueError(
            f"{ranks} workers cannot be divided equally among the {nodes} nodes they need (`machine:"
            f" ranks_per_node` is {ranks_per_node}); choose another number of `workers`."
        )
    return TrainingJob(ranks, nodes, cpus_per_rank or max(1, (cores or 1) // ranks))
