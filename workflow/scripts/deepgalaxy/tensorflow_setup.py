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
    Matplotlib: a third of the time that the import takes.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _hidden("matplotlib", "sklearn"):
        import tensorflow  # noqa: F401


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
