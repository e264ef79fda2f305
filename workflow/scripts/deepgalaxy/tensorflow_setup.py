"""How TensorFlow runs in this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


def configure_tensorflow(threads: int) -> None:
    """Let TensorFlow use ``threads`` cores and only deterministic operations; to be called once, before any of these.

    Raises RuntimeError if TensorFlow has run something already.
    """
    import_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()


def import_tensorflow() -> None:
    """Import TensorFlow and Keras, and nothing else of what Keras imports where it finds it.

    Its wrappers for scikit-learn and its drawings, which nothing here uses, bring in scikit-learn, SciPy and
    Matplotlib: a third of the time that the import takes. What a user has set for other programs, in ``keras.json`` or
    in variables, has no effect, except where Keras keeps downloaded weights (KERAS_HOME).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in [name for name in os.environ if name.startswith("KERAS_") and name != "KERAS_HOME"]:
        del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _hidden("matplotlib", "sklearn"):
        import tensorflow  # noqa: F401
        from keras import config
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")


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
