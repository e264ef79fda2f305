"""The course of a training run: epochs, validation, checkpoints."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.seeds import derive_seed
from deepgalaxy.training.checkpoints import Checkpoint, Checkpoints
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Share
from deepgalaxy.training.learning_rate import learning_rate
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.communicator import Ranks
from deepgalaxy.training.ranks.watch import Stopped
from deepgalaxy.training.record import EpochRecord, RankTimes
from deepgalaxy.training.steps import TrainingStep, evaluation_step, make_optimizer, sum_over

PROGRESS_SECONDS = 10.0
PROFILED_BATCHES = range(3, 6)


class TrainingImages:
    """The training images of one rank, read anew when they are dealt anew."""

    def __init__(self, path: str | Path, dealing: Dealing, rank: int, memory_bytes: int) -> None:
        self.path, self.dealing, self.rank, self.memory_bytes = path, dealing, rank, memory_bytes
        self.share, self.deal = None, None

    def load(self, epoch: int) -> None:
        """Hold the share that an epoch, counted from 1, takes its images from."""
        if self.deal != self.dealing.number(epoch):
            self.share = None  # so that two shares are never in memory together
            self.share = Share(self.path, self.dealing.held(self.rank, epoch), self.memory_bytes)
            self.deal = self.dealing.number(epoch)

    def batches(self, epoch: int, batch_size: int, first: int, stop: int) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        """Yield the batches of an epoch, whose share is loaded, with the numbers from ``first`` up to ``stop``."""
        order = self.dealing.order(self.rank, epoch, self.share.window)
        return self.share.batches(order[first * batch_size : stop * batch_size], batch_size)


@dataclass
class Progress:
    """Where a run stands: ``batches`` of ``epoch`` are done on each rank; ``sums``, ``seconds`` and ``step_seconds``
    are this rank's of the epoch so far; ``records`` those of the epochs before."""

    epoch: int = 1
    batches: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(3))
    seconds: RankTimes = field(default_factory=RankTimes)
    step_seconds: list[float] = field(default_factory=list)
    records: list[EpochRecord] = field(default_factory=list)
    best_loss: float = math.inf


class Training:
    """The training of one network by several ranks, which go through it in step.

    All start from rank 0's weights; each goes through the images dealt to it, and every update applies the gradient
    averaged over ranks, so that the weights stay equal. After each epoch the moving statistics of batch normalisation,
    which every rank gathers from its own images, are averaged too.

    ``say`` gets lines for a person, ``feed`` is called whenever something got done, ``asked_to_stop`` returns why to
    stop, or nothing. A checkpoint is saved every ``checkpoint_seconds``, when asked to stop, and after the last epoch.
    """

    def __init__(
        self,
        network: keras.Model,
        options: TrainingOptions,
        train: TrainingImages,
        validation: Share,
        ranks: Ranks,
        seed: int = 1,
        checkpoints: Checkpoints | None = None,
        checkpoint_seconds: float = math.inf,
        say: Callable[[str], None] = lambda text: None,
        feed: Callable[[], None] = lambda: None,
        asked_to_stop: Callable[[], str] = lambda: "",
        tensorboard: Path | None = None,
    ) -> None:
        self.network, self.options, self.train, self.validation, self.ranks = network, options, train, validation, ranks
        self.checkpoints, self.checkpoint_seconds = checkpoints, checkpoint_seconds
        self.say, self.feed, self.asked_to_stop = say, feed, asked_to_stop
        self.tensorboard = tf.summary.create_file_writer(str(tensorboard)) if tensorboard else None
        self.tensorboard_directory, self.profiling = tensorboard, False
        self.optimizer = make_optimizer(options)
        self.step = TrainingStep(network, self.optimizer, ranks, options, derive_seed(seed, "augment", ranks.rank))
        self.evaluate = evaluation_step(network)
        self.progress, self.best = Progress(), []
        self.last_checkpoint = time.monotonic()
        all_batches = math.ceil(train.dealing.share / options.batch_size)
        self.batches_per_epoch = min(options.steps_per_epoch or all_batches, all_batches)
        self.updates_per_epoch = math.ceil(self.batches_per_epoch / options.gradient_accumulation)
        learning_rate(options, ranks.size, 0, self.updates_per_epoch)  # refuses what does not go together

    @property
    def images_per_epoch(self) -> int:
        """Images that each rank takes in an epoch."""
        return min(self.batches_per_epoch * self.options.batch_size, self.train.dealing.share)

    def run(self) -> list[EpochRecord]:
        """Train to the end, from the last checkpoint if there is one, and return one record for each epoch.

        Raises Stopped when asked to stop, after a checkpoint was saved; RuntimeError if the weights of two ranks
        differ; ValueError if the loss is no longer a number.
        """
        self._take_up()
        while self.progress.epoch <= self.options.epochs:
            self._train_epoch()
            self._finish_epoch()
        if self.best:
            for variable, array in zip(self.network.variables, self.best):
                variable.assign(array)
        return self.progress.records

    @contextmanager
    def _clock(self, name: str):
        """Add the time of a block to this rank's times."""
        start = time.perf_counter()
        yield
        setattr(self.progress.seconds, name, getattr(self.progress.seconds, name) + time.perf_counter() - start)

    def _train_epoch(self) -> None:
        """Go through the batches that are left of an epoch."""
        progress, options = self.progress, self.options
        with self._clock("reload"):
            self.train.load(progress.epoch)
        batches = self.train.batches(progress.epoch, options.batch_size, progress.batches, self.batches_per_epoch)
        total, updates, wishes = tf.zeros(3, tf.float64), [], None
        spoken = time.monotonic()

        def settle() -> None:
            """Wait until what was begun is done, and take it into the account."""
            nonlocal total
            progress.sums = progress.sums + total.numpy()
            for seconds, exchange in updates:
                progress.seconds.exchange += float(exchange)
                progress.step_seconds.append(round(seconds - float(exchange), 6))
            total = tf.zeros(3, tf.float64)
            updates.clear()

        start = last_update = time.perf_counter()
        waited = 0.0
        while progress.batches < self.batches_per_epoch:
            before = time.perf_counter()
            images, labels = next(batches)
            waited += time.perf_counter() - before
            self._profile()
            number = tf.constant((progress.epoch - 1) * self.batches_per_epoch + progress.batches, tf.int64)
            progress.batches += 1
            if progress.batches % options.gradient_accumulation and progress.batches < self.batches_per_epoch:
                total += self.step.accumulate(images, labels, number)
                continue
            sums, exchange, agreed = self.step.update(images, labels, number, self._rate(), self._wishes())
            total = total + sums
            # Looking at the agreement before this one lets a GPU run one step ahead; all ranks look at the same.
            stop, save = (0, 0) if wishes is None else wishes.numpy()
            wishes = agreed
            now = time.perf_counter()
            updates.append((now - last_update - waited, exchange))
            progress.seconds.input += waited
            last_update, waited = now, 0.0
            self.feed()
            if stop or save:
                settle()
                progress.seconds.train += time.perf_counter() - start
                self._save()
                self._stop_if_asked(stop)
                start, wishes = time.perf_counter(), None
                last_update = start
            if time.monotonic() - spoken > PROGRESS_SECONDS:
                spoken = time.monotonic()
                self._say_progress(progress.seconds.train + time.perf_counter() - start)
        settle()
        progress.seconds.train += time.perf_counter() - start
        self._profile()

    def _finish_epoch(self) -> None:
        """Bring the ranks together after an epoch: statistics, validation, the record, a checkpoint if it is time."""
        progress, ranks, rate = self.progress, self.ranks, float(self._rate())
        statistics = [variable for variable in self.network.non_trainable_variables if _is_float(variable)]
        for variable, mean in zip(statistics, self._averaged(statistics)):
            variable.assign(mean)
        check_equal_weights(self.network, ranks)
        with self._clock("validation"):
            places = np.arange(len(self.validation.labels))
            batches = self.validation.batches(places, self.options.batch_size)
            sums = sum_over(self.evaluate, batches, self.feed)
            validation_loss, validation_correct, validation_images = ranks.total(sums)
        loss, correct, images = ranks.total(progress.sums)
        if not np.isfinite(loss):
            raise ValueError(f"The loss of epoch {progress.epoch} is not a finite number; lower `learning_rate`.")
        record = EpochRecord(
            epoch=progress.epoch,
            images=int(images),
            learning_rate=rate,
            loss=loss / images,
            accuracy=correct / images,
            validation_loss=validation_loss / validation_images,
            validation_accuracy=validation_correct / validation_images,
            seconds=ranks.gather(progress.seconds),
            step_seconds=progress.step_seconds,
        )
        self.say(
            f"epoch {record.epoch} of {self.options.epochs}: loss {record.loss:.3f}, accuracy {record.accuracy:.3f}"
            f" (validation {record.validation_loss:.3f}, {record.validation_accuracy:.3f}),"
            f" {record.images_per_second:.0f} images/s"
        )
        self._log_to_tensorboard(record)
        if self.options.keep_epoch == "best" and record.validation_loss < progress.best_loss:
            progress.best_loss = record.validation_loss
            self.best = [variable.numpy() for variable in self.network.variables]
        self.progress = Progress(record.epoch + 1, records=[*progress.records, record], best_loss=progress.best_loss)
        self.feed()
        stop, save = ranks.total(self._wishes().numpy().astype(np.float64))
        last = record.epoch == self.options.epochs
        if stop or save or last or self.options.debug:
            self._save()
        if not last:
            self._stop_if_asked(stop)

    def _rate(self) -> tf.Tensor:
        """Return the learning rate of the update that completes, or that was completed by, the last batch taken."""
        done = math.ceil(self.progress.batches / self.options.gradient_accumulation)
        # Asking the optimizer instead would wait for a GPU to finish the update before.
        update = (self.progress.epoch - 1) * self.updates_per_epoch + done - 1
        return tf.constant(learning_rate(self.options, self.ranks.size, update, self.updates_per_epoch), tf.float32)

    def _wishes(self) -> tf.Tensor:
        """Return what this rank wishes, (to stop, to save), as 0 or 1; rank 0's clock says when to save."""
        due = self.ranks.rank == 0 and time.monotonic() - self.last_checkpoint >= self.checkpoint_seconds
        return tf.constant([float(bool(self.asked_to_stop())), float(due and self.checkpoints is not None)])

    def _stop_if_asked(self, stop: float) -> None:
        if stop:
            asked = next((name for name in self.ranks.gather(self.asked_to_stop()) if name), "a signal")
            where = f"in epoch {self.progress.epoch} of {self.options.epochs}"
            raise Stopped(f"stopped by {asked} {where}; run again, and training goes on from there")

    def _averaged(self, variables: list[keras.Variable]) -> list[np.ndarray]:
        """Return the mean over ranks of some variables."""
        return [mean.numpy() for mean in self.ranks.average([tf.identity(variable.value) for variable in variables])]

    def _save(self) -> None:
        """Save a checkpoint. Weights are the same on all ranks; of the moving statistics the mean is saved."""
        if self.checkpoints is None:
            return
        with self._clock("checkpoint"):
            progress = self.progress
            own = {
                "random": [variable.numpy().tolist() for variable in self.network.variables if not _is_float(variable)],
                "sums": progress.sums.tolist(),
                "seconds": asdict(progress.seconds),
            }
            owns = self.ranks.gather(own)
            statistics = [variable for variable in self.network.non_trainable_variables if _is_float(variable)]
            means = dict(zip((variable.path for variable in statistics), self._averaged(statistics)))
            if self.ranks.rank == 0:
                variables = [means.get(variable.path, variable.numpy()) for variable in self.network.variables]
                variables += [variable.numpy() for variable in self.optimizer.variables]
                state = {
                    "epoch": progress.epoch,
                    "batches": progress.batches,
                    "step_seconds": progress.step_seconds,
                    "records": [asdict(record) for record in progress.records],
                    "best_loss": progress.best_loss,
                    "ranks": owns,
                }
                name = f"{progress.epoch:06d}-{progress.batches:08d}"
                self.checkpoints.save(name, Checkpoint(state, variables, self.best))
        self.last_checkpoint = time.monotonic()

    def _take_up(self) -> None:
        """Start all ranks from rank 0's weights, and from its last checkpoint if there is one."""
        found = self.checkpoints.latest() if self.checkpoints and self.ranks.rank == 0 else None
        state = self.ranks.broadcast(found.state if found else None)
        variables = [*self.network.variables, *self.optimizer.variables]
        if found:
            for variable, array in zip(variables, found.variables, strict=True):
                variable.assign(array)
            self.best = found.best
        # The state of random generators is each rank's own.
        self.ranks.copy_from_first(
            [v.value for v in self.network.variables if _is_float(v)] + [v.value for v in self.optimizer.variables]
        )
        if state:
            own = state["ranks"][self.ranks.rank]
            generators = [variable for variable in self.network.variables if not _is_float(variable)]
            for variable, value in zip(generators, own["random"], strict=True):
                variable.assign(np.array(value, variable.dtype))
            self.progress = Progress(
                epoch=state["epoch"],
                batches=state["batches"],
                sums=np.array(own["sums"]),
                seconds=RankTimes(**own["seconds"]),
                step_seconds=state["step_seconds"],
                records=[EpochRecord.from_dict(record) for record in state["records"]],
                best_loss=state["best_loss"],
            )
            self.say(f"going on from a checkpoint: epoch {state['epoch']}, after {state['batches']} batches")

    def _say_progress(self, train_seconds: float) -> None:
        """Say how far this epoch is, how fast, and when all will be done."""
        progress = self.progress
        done = progress.batches / self.batches_per_epoch
        left = train_seconds / done * (self.options.epochs - progress.epoch + 1 - done)
        images = min(progress.batches * self.options.batch_size, self.train.dealing.share) * self.ranks.size
        self.say(
            f"epoch {progress.epoch} of {self.options.epochs}: {done:.0%}, {images / train_seconds:.0f} images/s,"
            f" about {left / 60:.0f} min of training left"
        )

    def _profile(self) -> None:
        """Profile some batches of the first epoch for TensorBoard; called before each batch and after the last."""
        batches = self.progress.batches
        if self.profiling and batches >= min(PROFILED_BATCHES.stop, self.batches_per_epoch):
            tf.profiler.experimental.stop()
            self.profiling = False
        elif self.tensorboard and self.progress.epoch == 1 and batches == PROFILED_BATCHES.start:
            tf.profiler.experimental.start(str(self.tensorboard_directory))
            self.profiling = True

    def _log_to_tensorboard(self, record: EpochRecord) -> None:
        """Write the figures of an epoch for TensorBoard."""
        if self.tensorboard:
            # tf.summary.scalar needs TensorBoard itself, which only the reader of these files needs.
            scalars = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
            figures = asdict(record) | {"images_per_second": record.images_per_second}
            with self.tensorboard.as_default(step=record.epoch):
                for name, value in figures.items():
                    if isinstance(value, float):
                        tf.summary.write(name, tf.constant(value, tf.float32), metadata=scalars)
            self.tensorboard.flush()


def check_equal_weights(network: keras.Model, ranks: Ranks) -> None:
    """Raise RuntimeError unless the weights of all ranks are the same to the last bit."""
    digest = hashlib.sha256()
    for variable in network.variables:
        if _is_float(variable):
            digest.update(variable.numpy().tobytes())
    digests = ranks.gather(digest.hexdigest())
    if len(set(digests)) > 1:
        differing = [rank for rank, other in enumerate(digests) if other != digests[0]]
        raise RuntimeError(f"The weights of rank(s) {differing} differ from those of rank 0; training is stopped.")


def _is_float(variable: keras.Variable) -> bool:
    """Whether a variable is a weight or a statistic, not the state of a random generator."""
    return keras.backend.is_float_dtype(variable.dtype)
