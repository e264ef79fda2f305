"""Whether an NVIDIA GPU can be trained on, in one line: ``python -m deepgalaxy.gpu``, and with ``tensorflow`` whether
TensorFlow sees it too.

Without that word it needs no package, so that it can be asked before anything is installed.
"""

import ctypes
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LEAST_CUDA, LEAST_DRIVER = 12000, 525
"""The CUDA of TensorFlow's wheels, as the driver counts (1000 times the major version), and the first driver with it:
docs.nvidia.com/deploy/cuda-compatibility, "Minor Version Compatibility"."""

LEAST_FREE_MIB = 1024
"""GPU memory below which nothing is begun."""

INSTEAD = "end what uses it (nvidia-smi lists that), or choose another GPU by CUDA_VISIBLE_DEVICES."

SENTENCES = {
    2: f"The GPU has no free memory: {INSTEAD}",
    100: "CUDA finds no GPU here, or CUDA_VISIBLE_DEVICES hides all of them: look at nvidia-smi, or run without a GPU"
    " (`make run GPU=0`).",
}
"""What to say of some of CUDA's errors."""


def describe_gpu(
    load: Callable[[str], Any] = ctypes.CDLL, version_file: Path = Path("/proc/driver/nvidia/version")
) -> str:
    """Return the name of the GPU that a single worker takes, its free memory, and the driver.

    It is CUDA's first, of those that CUDA_VISIBLE_DEVICES leaves; a context is made on it for that, as TensorFlow does.
    ``load`` loads a library by its name; the driver says its version in ``version_file``. Raises ValueError if there is
    no GPU, no driver, too old a one, or less than LEAST_FREE_MIB free.
    """
    try:
        library = load("libcuda.so.1")
    except OSError as error:
        raise ValueError(
            f"There is no driver of NVIDIA's here ({error}): install one, of version {LEAST_DRIVER} or later, or run"
            " without a GPU (`make run GPU=0`)."
        ) from None
    driver = _driver(version_file)
    cuda = ctypes.c_int()
    _call(library, "cuDriverGetVersion", ctypes.byref(cuda))
    if cuda.value < LEAST_CUDA:
        raise ValueError(
            f"The {driver} is too old: it knows CUDA {cuda.value // 1000}.{cuda.value % 1000 // 10}, and TensorFlow is"
            f" built with CUDA {LEAST_CUDA // 1000}; install driver {LEAST_DRIVER} or later."
        )
    _call(library, "cuInit", 0)
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    _call(library, "cuDeviceGet", ctypes.byref(device), 0)
    _call(library, "cuDeviceGetName", name, len(name), device)
    free, total = (size / 2**30 for size in _memory(library, device))
    gpu = f"{name.value.decode()}, {free:.1f} of {total:.1f} GiB free"
    if free * 1024 < LEAST_FREE_MIB:
        raise ValueError(f"The GPU has too little free memory ({gpu}): {INSTEAD}")
    return f"{gpu}, {driver}"


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


def check_tensorflow(gpu: str) -> None:
    """Raise ValueError if TensorFlow does not see the GPU that ``describe_gpu`` describes so."""
    from deepgalaxy.tensorflow_setup import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    if not tf.test.is_built_with_cuda():
        raise ValueError(f"There is a GPU ({gpu}), but this TensorFlow is one for CPUs: run `make setup GPU=1`.")
    if not tf.config.list_physical_devices("GPU"):
        raise ValueError(
            f"There is a GPU ({gpu}), but TensorFlow does not see it: what it misses, `TF_CPP_MIN_LOG_LEVEL=0 python -m"
            " deepgalaxy.gpu tensorflow` says; often LD_LIBRARY_PATH leads it to another CUDA, so unset that first."
        )


if __name__ == "__main__":
    try:
        found = describe_gpu()
        if sys.argv[1:] == ["tensorflow"]:
            check_tensorflow(found)
    except ValueError as error:
        sys.exit(str(error))
    print(f"GPU: {found}")
