"""How TensorFlow runs in this process."""

import os


def configure_tensorflow(threads: int) -> None:
    """Let TensorFlow use ``threads`` cores and only deterministic operations; to be called once, before any of these.

    Raises RuntimeError if TensorFlow has run something already.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
