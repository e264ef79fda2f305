"""How TensorFlow runs in this process."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import cast


def configure_tensorflow(threads: int) -> None:
    """Let TensorFlow use ``threads`` cores, only deterministic operations, and of a GPU no more memory than it needs,
    since other jobs may be on it; to be called once, before any operation.

    Raises RuntimeError if TensorFlow has run something already.
    """
    import_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def import_tensorflow() -> None:
    """Import TensorFlow and Keras, and nothing else of what Keras imports where it finds it.

    Its wrappers for scikit-learn and its drawings, which nothing here uses, bring in scikit-learn, SciPy and
    Matplotlib: a third of the time that the import takes. A fifth of the rest would go into looking for garbage among
    what stays. What a user has set for other programs, in ``keras.json`` or in variables, has no effect, except where
    Keras keeps downloaded weights (KERAS_HOME).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in [name for name in os.environ if name.startswith("KERAS_") and name != "KERAS_HOME"]:
        del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _hidden("matplotlib", "sklearn"), _without_keras_json(), _kept_for_good():
        import tensorflow  # noqa: F401
        from keras import config
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")


@contextmanager
def _without_keras_json() -> Iterator[None]:
    """Let Keras, imported within a block, find no ``keras.json``: one that it cannot use would end the import.

    It keeps downloaded weights where it would have kept them.
    """
    kept = os.environ.get("KERAS_HOME")
    user = Path("~").expanduser()
    home = kept or str((user if os.access(user, os.W_OK) else Path(tempfile.gettempdir())) / ".keras")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["KERAS_HOME"] = empty
        try:
            yield
        finally:
            del os.environ["KERAS_HOME"]
            if kept is not None:
                os.environ["KERAS_HOME"] = kept
    from keras.src.backend import config

    config._KERAS_DIR = home  # noqa: SLF001 - Keras reads its own variable only once


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """Let Python look for garbage neither while TensorFlow is imported within a block nor, later, among what is there
    at the block's end."""
    enabled, imported = gc.isenabled(), "tensorflow" in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if not imported:
            gc.freeze()
        if enabled:
            gc.enable()


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """Let packages that are not imported yet look as if they were not installed, within a block."""
    names = [name for name in packages if name not in sys.modules]
    # None, which the type of sys.modules leaves out, stands for a module that is not there.
    cast("dict[str, ModuleType | None]", sys.modules).update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
