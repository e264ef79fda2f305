"""Whether an NVIDIA GPU can be trained on, in one line: ``python -m deepgalaxy.gpu``; with ``--gpus 2``, whether two
can, and with ``tensorflow``, whether TensorFlow sees them too.

Without that word it needs no package, so that it can be asked before anything is installed.
"""

import argparse
import ctypes
import json
import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TENSORFLOW_CUDA = 12
"""The major version of CUDA of TensorFlow's wheels."""

LEAST_DRIVERS = {12: 525, 13: 580}
"""The first driver with each CUDA: docs.nvidia.com/deploy/cuda-compatibility, "Minor Version Compatibility"."""

LEAST_FREE_MIB = 1024
"""GPU memory below which nothing is begun."""

INSTEAD = "end what uses it (nvidia-smi lists that), or choose another GPU by CUDA_VISIBLE_DEVICES."

SENTENCES = {
    2: f"The GPU has no free memory: {INSTEAD}",
    100: "CUDA finds no GPU here, or CUDA_VISIBLE_DEVICES hides all of them: look at nvidia-smi, or run without a GPU"
    " (`make run GPU=0`).",
}
"""What to say of some of CUDA's errors."""


def describe_gpus(
    count: int = 1,
    load: Callable[[str], Any] = ctypes.CDLL,
    version_file: Path = Path("/proc/driver/nvidia/version"),
) -> str:
    """Return the names of the GPUs that ``count`` workers of this machine take, their free memory, and the driver.

    They are CUDA's first, of those that CUDA_VISIBLE_DEVICES leaves; a context is made on each for that, as TensorFlow
    does. ``load`` loads a library by its name; the driver says its version in ``version_file``. Raises ValueError if
    there are fewer GPUs, no driver, one too old for TensorFlow or Horovod, or less than LEAST_FREE_MIB free.
    """
    try:
        library = load("libcuda.so.1")
    except OSError as error:
        raise ValueError(
            f"There is no driver of NVIDIA's here ({error}): install one, of version"
            f" {LEAST_DRIVERS[TENSORFLOW_CUDA]} or later, or run without a GPU (`make run GPU=0`)."
        ) from None
    driver = _driver(version_file)
    _check_version(library, driver)
    _call(library, "cuInit", 0)
    found = ctypes.c_int()
    _call(library, "cuDeviceGetCount", ctypes.byref(found))
    if found.value < count:
        raise ValueError(
            f"CUDA finds only {found.value} here, and each of {count} workers takes a GPU of its own: look whether"
            " CUDA_VISIBLE_DEVICES hides any, or train with one worker (`snakemake --configfile config/one_gpu.yaml`)."
        )
    return ", ".join([*(_describe(library, number) for number in range(count)), driver])


def _check_version(library: Any, driver: str) -> None:
    """Raise ValueError if the driver is older than the CUDA that TensorFlow or Horovod is built with."""
    cuda = ctypes.c_int()  # 1000 times the major version, and 10 times the minor one
    _call(library, "cuDriverGetVersion", ctypes.byref(cuda))
    for name, major in {"TensorFlow": TENSORFLOW_CUDA, "Horovod": cuda_of_horovod()}.items():
        if cuda.value < 1000 * major:
            newer = f"driver {LEAST_DRIVERS[major]} or later" if major in LEAST_DRIVERS else "a newer driver"
            raise ValueError(
                f"The {driver} is too old: it knows CUDA {cuda.value // 1000}.{cuda.value % 1000 // 10}, and {name} is"
                f" built with CUDA {major}; install {newer}"
                f"{', or build Horovod with an older CUDA (docs/clusters.md)' if name == 'Horovod' else ''}."
            )


def cuda_of_horovod() -> int:
    """Return the major version of the CUDA that Horovod is built with, which its build has noted, or 0."""
    if not (horovod := find_spec("horovod")) or not horovod.submodule_search_locations:
        return 0
    notes = Path(horovod.submodule_search_locations[0], "metadata.json")
    return int(json.loads(notes.read_text(encoding="utf-8")).get("cuda", "0").split(".")[0]) if notes.exists() else 0


def _describe(library: Any, number: int) -> str:
    """Return name and free memory of CUDA's GPU of this number; raise ValueError if it has too little."""
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    _call(library, "cuDeviceGet", ctypes.byref(device), number)
    _call(library, "cuDeviceGetName", name, len(name), device)
    free, total = (size / 2**30 for size in _memory(library, device))
    gpu = f"{name.value.decode()}, {free:.1f} of {total:.1f} GiB free"
    if free * 1024 < LEAST_FREE_MIB:
        raise ValueError(f"The GPU has too little free memory ({gpu}): {INSTEAD}")
    return gpu


def _driver(version_file: Path) -> str:
    """Return the driver and its version, if it says that."""
    said = version_file.read_text(encoding="utf-8") if version_file.is_file() else ""
    version = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", said)
    return f"driver {version[1]}" if version else "driver"


def _memory(library: Any, device: ctypes.c_int) -> tuple[int, int]:
    """Return the free and all memory of a device, in bytes."""
    context, free, total = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_size_t()
    _call(library, "cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    try:
        _call(library, "cuCtxSetCurrent", context)
        _call(library, "cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
    finally:
        library.cuDevicePrimaryCtxRelease_v2(device)
    return free.value, total.value


def _call(library: Any, function: str, *arguments: Any) -> None:
    """Call a function of CUDA's driver; raise ValueError, with a sentence, where it fails."""
    status = getattr(library, function)(*arguments)
    if status in SENTENCES:
        raise ValueError(SENTENCES[status])
    if status:
        name = ctypes.c_char_p()
        library.cuGetErrorName(status, ctypes.byref(name))
        raise ValueError(
            f"CUDA cannot use the GPU: {function} fails with {(name.value or b'').decode() or f'error {status}'}; look"
            " at nvidia-smi, and start the machine anew if its driver has just been replaced."
        )


def check_tensorflow(gpus: str, count: int = 1) -> None:
    """Raise ValueError if TensorFlow does not see the ``count`` GPUs that ``describe_gpus`` describes so."""
    from deepgalaxy.tensorflow_setup import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    if not tf.test.is_built_with_cuda():
        raise ValueError(f"There is a GPU ({gpus}), but this TensorFlow is one for CPUs: run `make setup GPU=1`.")
    if len(tf.config.list_physical_devices("GPU")) < count:
        raise ValueError(
            f"There is a GPU ({gpus}), but TensorFlow does not see it: what it misses, `TF_CPP_MIN_LOG_LEVEL=0 python"
            " -m deepgalaxy.gpu tensorflow` says; often LD_LIBRARY_PATH leads it to another CUDA, so unset that first."
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m deepgalaxy.gpu", description="Say whether GPUs can be trained on.")
    parser.add_argument("also", nargs="?", choices=["tensorflow"], help="ask TensorFlow too")
    parser.add_argument("--gpus", type=int, default=1, help="how many are needed (1)")
    args = parser.parse_args()
    try:
        described = describe_gpus(args.gpus)
        if args.also:
            check_tensorflow(described, args.gpus)
    except ValueError as error:
        sys.exit(str(error))
    print(f"GPU: {described}")
