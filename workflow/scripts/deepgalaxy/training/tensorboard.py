"""What TensorBoard shows of a run: the figures of each epoch, and a profile of some batches."""

from pathlib import Path

import tensorflow as tf

from deepgalaxy.training.record import EpochRecord

PROFILED_BATCHES = range(3, 6)


class TensorBoard:
    """The files of one run in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._profiling = str(directory), False
        self._writer = tf.summary.create_file_writer(self._directory)

    def profile(self, epoch: int, batches: int, last: int) -> None:
        """Profile some batches of the first epoch; to be called before each batch, ``batches`` done of the epoch's
        ``last``, and after the last."""
        if self._profiling and batches >= min(PROFILED_BATCHES.stop, last):
            tf.profiler.experimental.stop()
            self._profiling = False
        elif epoch == 1 and batches == PROFILED_BATCHES.start:
            tf.profiler.experimental.start(self._directory)
            self._profiling = True

    def write(self, record: EpochRecord) -> None:
        """Write the figures of an epoch."""
        # tf.summary.scalar needs TensorBoard itself, which only the reader of these files needs.
        scalars = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
        figures = record.as_dict() | {"images_per_second": record.images_per_second}
        with self._writer.as_default(step=record.epoch):
            for name, value in figures.items():
                if isinstance(value, float):
                    tf.summary.write(name, tf.constant(value, tf.float32), metadata=scalars)
        self._writer.flush()
