"""The processes that train one model together, and what they exchange.

Two classes with the same methods: ``HorovodRanks`` for several processes, ``SingleRank`` for one, which needs no
Horovod. Keras 3 never calls what Horovod's own ``DistributedOptimizer`` overrides, so that it would silently exchange
nothing; here gradients are exchanged by an explicit operation between the backward pass and the optimizer.
"""

import os
from typing import Any, Protocol

import numpy as np
import tensorflow as tf


class Ranks(Protocol):
    """The processes of a training run: how many (``size``), which one this is (``rank``), and, on this host,
    ``local_size`` and ``local_rank``; whether GPUs exchange tensors without the host's memory (``between_gpus``)."""

    size: int
    rank: int
    local_size: int
    local_rank: int
    between_gpus: bool

    def average(self, tensors: list[tf.Tensor], halve: bool = False) -> list[tf.Tensor]:
        """Return the mean of each tensor over ranks, exchanged as float16 if ``halve``. Works in a ``tf.function``.

        The tensors travel together, and every rank gets the same bits.
        """

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of a float64 array over ranks."""

    def broadcast(self, item: Any) -> Any:
        """Return the plain Python object that rank 0 gives."""

    def copy_from_first(self, variables: list[tf.Variable]) -> None:
        """Overwrite ``variables`` on every rank with their values on rank 0."""

    def gather(self, item: Any) -> list[Any]:
        """Return the plain Python objects of all ranks, in order of rank."""


class SingleRank:
    """One process on its own."""

    size, rank, local_size, local_rank = 1, 0, 1, 0
    between_gpus = True  # in that it exchanges nothing

    def average(self, tensors: list[tf.Tensor], halve: bool = False) -> list[tf.Tensor]:
        return tensors

    def total(self, values: np.ndarray) -> np.ndarray:
        return values

    def copy_from_first(self, variables: list[tf.Variable]) -> None:
        pass

    def broadcast(self, item: Any) -> Any:
        return item

    def gather(self, item: Any) -> list[Any]:
        return [item]


class HorovodRanks:
    """The processes that a launcher such as ``mpirun`` has started."""

    def __init__(self) -> None:
        # Tensors of different calls never share a message, so that what is added up in which order does not depend on
        # what is ready when.
        os.environ.setdefault("HOROVOD_DISABLE_GROUP_FUSION", "1")
        import horovod.tensorflow as hvd

        hvd.init()
        self._hvd = hvd
        self.size, self.rank = hvd.size(), hvd.rank()
        self.local_size, self.local_rank = hvd.local_size(), hvd.local_rank()
        self.between_gpus = bool(hvd.nccl_built())

    def average(self, tensors: list[tf.Tensor], halve: bool = False) -> list[tf.Tensor]:
        if not halve:
            return self._hvd.grouped_allreduce(tensors, op=self._hvd.Average)
        # Divided before they are added up: the sum over ranks may be too large for float16 where the mean is not.
        parts = [tensor / self.size for tensor in tensors]
        return self._hvd.grouped_allreduce(parts, op=self._hvd.Sum, compression=self._hvd.Compression.fp16)

    def total(self, values: np.ndarray) -> np.ndarray:
        return self._hvd.allreduce(tf.constant(values, tf.float64), op=self._hvd.Sum).numpy()

    def copy_from_first(self, variables: list[tf.Variable]) -> None:
        self._hvd.broadcast_variables(variables, root_rank=0)

    def broadcast(self, item: Any) -> Any:
        return self._hvd.broadcast_object(item, root_rank=0)

    def gather(self, item: Any) -> list[Any]:
        return self._hvd.allgather_object(item)


def join_ranks(workers: int) -> Ranks:
    """Return the processes of a run that is meant to have ``workers`` of them.

    Raises ValueError if Horovod is not installed though several are wanted, or if another number was started: a
    launcher that does not match the MPI library of Horovod starts that many independent runs instead of one.
    """
    if workers == 1:
        return SingleRank()
    try:
        ranks = HorovodRanks()
    except ImportError as error:
        raise ValueError(
            f"Training with {workers} workers needs Horovod, which cannot be loaded here ({error}); run `make"
            " setup` to build it (for GPUs, with GPU=nccl), or set `workers: [1]`."
        ) from error
    if ranks.size != workers:
        raise ValueError(
            f"{workers} workers were asked for, but this process is in a group of {ranks.size}; start it with"
            f" `mpirun -np {workers}` from the MPI that Horovod was built with."
        )
    return ranks
