"""The memory that a trained network takes for an image, and the batches that fit a budget.

On the ground floor, since training writes down what evaluation and its jobs have to know before they load the network.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LARGEST_BATCH = 256
"""Images that a network is given at once, at most: more make none faster."""
TENSORFLOW_MIB = 2000
"""Memory of a job that uses TensorFlow, with the Snakemake in it, before it has a network."""


@dataclass(frozen=True)
class NetworkMemory:
    """A network in bytes: its ``parameters``; and for one image, what ``all_layers`` give together, and what the
    ``widest`` layer takes in and gives."""

    parameters: int
    widest: int
    all_layers: int

    @classmethod
    def measure(cls, network: Any) -> "NetworkMemory":
        """Return what a Keras network takes, all values as float32; nothing is computed."""
        layers = network._flatten_layers(include_self=False)  # noqa: SLF001 - Keras's public list has whole networks
        # A layer that is a network has inner layers, which count instead.
        nodes = [layer._inbound_nodes[0] for layer in layers if not hasattr(layer, "layers") and layer._inbound_nodes]  # noqa: SLF001
        given = [_float32_bytes(node.output_tensors) for node in nodes]
        taken_in = [_float32_bytes(node.input_tensors) for node in nodes]
        return cls(4 * network.count_params(), max(map(sum, zip(given, taken_in))), sum(given))

    @classmethod
    def read(cls, training: str | Path) -> "NetworkMemory":
        """Read it from the ``training.json`` of a run.

        Raises ValueError if the file says nothing of it, FileNotFoundError if there is none.
        """
        with open(training, encoding="utf-8") as file:
            run = json.load(file)
        if "memory_bytes" not in run:
            raise ValueError(f"{training} does not say what memory its network takes; train that run again.")
        return cls(**run["memory_bytes"])

    def as_record(self) -> dict[str, int]:
        """Return what ``training.json`` holds as ``memory_bytes``."""
        return asdict(self)

    @property
    def to_predict(self) -> int:
        """Bytes for each image of a batch that is classified: few layers' values are held together."""
        return 2 * self.widest

    @property
    def to_explain(self) -> int:
        """Bytes for each image of a batch whose gradient is taken, for which all layers' values are held."""
        return 2 * self.all_layers


def batch_size(image_bytes: int, budget_mib: int) -> int:
    """Return how many images of so many bytes each fit a budget, at least one and at most LARGEST_BATCH."""
    return min(max(1, budget_mib * 2**20 // image_bytes), LARGEST_BATCH)


def job_mib(parameters: int, image_bytes: int, budget_mib: int) -> int:
    """Return the MiB that a job takes: TensorFlow; the network, of which three copies may exist while it is loaded; and
    batches within the budget, or of one image, whatever that takes."""
    return TENSORFLOW_MIB + max(budget_mib, math.ceil(image_bytes / 2**20)) + math.ceil(3 * parameters / 2**20)


def _float32_bytes(tensors: list) -> int:
    """Return the bytes of one image's part of symbolic tensors, (n, …), as float32."""
    return sum(4 * math.prod(tensor.shape[1:]) for tensor in tensors)
