"""Where each rank runs, and on which GPU."""

import os
import socket
import subprocess
from collections import Counter
from collections.abc import Mapping


def visible_gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of the GPUs that this process may use, in CUDA's order.

    These are UUIDs if NVIDIA's driver reports them; otherwise what CUDA_VISIBLE_DEVICES names.
    """
    installed = _installed_gpus()
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return installed
    names = []
    for name in chosen.split(","):
        if name.isdigit():
            names.append(installed[int(name)] if int(name) < len(installed) else name)
        elif name.startswith(("GPU-", "MIG-")):
            names.append(name)
        else:  # -1, or nothing: CUDA looks no further
            break
    return names


def _installed_gpus() -> list[str]:
    """Return the UUIDs of the GPUs that this process can reach, empty without NVIDIA's driver."""
    command = ("nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader")
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return []


def choose_gpu(local_rank: int, visible: int) -> int:
    """Return which of the ``visible`` GPUs a rank takes: its own by local rank, or the only one its launcher left it.

    Raises ValueError if a host runs more ranks than it has GPUs.
    """
    if visible == 1:
        return 0
    if local_rank >= visible:
        raise ValueError(
            f"Local rank {local_rank} sees only {visible} GPUs; start no more ranks on a host than it has GPUs."
        )
    return local_rank


def claim_gpu(local_rank: int, memory_mib: int) -> int:
    """Let this process see only its own GPU, if there are any, and return how many TensorFlow can use here.

    It takes memory as it needs it, or ``memory_mib`` at once.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        gpu = gpus[choose_gpu(local_rank, len(gpus))]
        tf.config.set_visible_devices(gpu, "GPU")
        tf.config.experimental.set_memory_growth(gpu, not memory_mib)
        if memory_mib:
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory_mib)
            tf.config.set_logical_device_configuration(gpu, [limit])
    return len(gpus)


def place_of(rank: int, local_rank: int, gpus: list[str]) -> dict:
    """Return where this process runs: host, rank, local rank, the GPU it takes of ``gpus`` (or None), and its cores.

    Raises ValueError as ``choose_gpu`` does.
    """
    return {
        "rank": rank,
        "host": socket.gethostname(),
        "local_rank": local_rank,
        "gpu": gpus[choose_gpu(local_rank, len(gpus))] if gpus else None,
        "cores": sorted(os.sched_getaffinity(0)),
    }


def describe(place: dict) -> str:
    """Return a place in one line."""
    cores = ",".join(map(str, place["cores"]))
    gpu = f"GPU {place['gpu']}" if place["gpu"] else "no GPU"
    return f"rank {place['rank']} on {place['host']}: local rank {place['local_rank']}, {gpu}, cores {cores}"


def check_places(places: list[dict]) -> None:
    """Raise ValueError if two ranks would compute on the same GPU."""
    users = Counter((place["host"], place["gpu"]) for place in places if place["gpu"])
    for (host, gpu), count in users.items():
        if count > 1:
            ranks = ", ".join(str(place["rank"]) for place in places if (place["host"], place["gpu"]) == (host, gpu))
            raise ValueError(
                f"Ranks {ranks} would share GPU {gpu} of {host}; let the launcher show each rank its own GPU, or every"
                " rank all GPUs of the host."
            )
