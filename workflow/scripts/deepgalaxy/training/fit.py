"""The course of a training run: epochs, validation, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.training.checkpoints import Checkpoint, Checkpoints
from deepgalaxy.training.data.shard import Shard, TrainingImages
from deepgalaxy.training.learning_rate import learning_rate
from deepgalaxy.training.objectives import Classification, Objective
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.progress import Progress, Stopwatch, Sums
from deepgalaxy.training.ranks.agreement import averaged, check_equal_weights, is_float, statistics_of
from deepgalaxy.training.ranks.communicator import Ranks
from deepgalaxy.training.ranks.watch import Stopped
from deepgalaxy.training.record import EpochRecord
from deepgalaxy.training.steps import TrainingStep, evaluation_step, make_optimizer, sum_over
from deepgalaxy.training.tensorboard import TensorBoard

PROGRESS_SECONDS = 10.0


@dataclass(frozen=True)
class Callbacks:
    """How a training run talks to whoever started it: ``say`` gets lines for a person, ``heartbeat`` is called
    whenever something is done, ``asked_to_stop`` returns why to stop, or nothing."""

    say: Callable[[str], None] = lambda _: None
    heartbeat: Callable[[], None] = lambda: None
    asked_to_stop: Callable[[], str] = lambda: ""


class Training:
    """The training of one network by several ranks, which go through it in step.

    All start from rank 0's weights; each goes through the images dealt to it, and every update applies the gradient
    averaged over ranks, so that the weights stay equal. After each epoch the moving statistics of batch normalisation,
    which every rank gathers from its own images, are averaged too. A checkpoint is saved whenever one is due, when
    asked to stop, and after the last epoch. One that was saved between epochs serves any number of ranks.
    """

    def __init__(
        self,
        network: keras.Model,
        options: TrainingOptions,
        train: TrainingImages,
        validation: Shard,
        ranks: Ranks,
        checkpoints: Checkpoints | None = None,
        callbacks: Callbacks = Callbacks(),
        tensorboard: TensorBoard | None = None,
        objective: Objective | None = None,
    ) -> None:
        self.network, self.options, self.train, self.validation, self.ranks = network, options, train, validation, ranks
        self.checkpoints, self.callbacks, self.tensorboard = checkpoints, callbacks, tensorboard
        self.optimizer = make_optimizer(options)
        self.objective = objective or Classification(label_smoothing=options.label_smoothing)
        self.step = TrainingStep(network, self.optimizer, ranks, options, self.objective)
        self.evaluate = evaluation_step(network, self.objective)
        self.progress = Progress()
        self.resumed = False
        self.best: list[np.ndarray] = []
        self.last_said = time.monotonic()
        all_batches = math.ceil(train.dealing.images_per_rank / options.batch_size)
        self.batches_per_epoch = min(options.steps_per_epoch or all_batches, all_batches)
        self.updates_per_epoch = math.ceil(self.batches_per_epoch / options.gradient_accumulation)
        learning_rate(options, ranks.size, 0, self.updates_per_epoch)  # refuses what does not go together

    @property
    def images_per_epoch(self) -> int:
        """Images that each rank takes in an epoch."""
        return min(self.batches_per_epoch * self.options.batch_size, self.train.dealing.images_per_rank)

    def run(self) -> list[EpochRecord]:
        """Train to the end or to the target, from the last checkpoint if there is one, and return one record for each
        epoch.

        Raises Stopped when asked to stop, after a checkpoint was saved; RuntimeError if the weights of two ranks
        differ; ValueError if the loss is no longer a number.
        """
        self._start()
        while not self._ended():
            self._train_epoch()
            self._finish_epoch()
        if self.best:
            for variable, array in zip(self.network.variables, self.best):
                variable.assign(array)
        return self.progress.records

    def _train_epoch(self) -> None:
        """Go through the remaining batches of an epoch."""
        progress, options = self.progress, self.options
        with progress.clock("reload"):
            self.train.load(progress.epoch)
        batches = self.train.batches(progress.epoch, options.batch_size, progress.batches, self.batches_per_epoch)
        stopwatch, votes, self.last_said = Stopwatch(progress), None, time.monotonic()
        while progress.batches < self.batches_per_epoch:
            with stopwatch.waiting():
                images, labels = next(batches)
            self._profile()
            progress.batches += 1
            if progress.batches % options.gradient_accumulation and progress.batches < self.batches_per_epoch:
                stopwatch.batch(self.step.accumulate(images, labels))
                continue
            sums, exchange, agreed = self.step.update(images, labels, self._rate(), self._vote())
            stopwatch.batch(sums)
            # Looking at the votes on the update before lets a GPU run one step ahead; all ranks look at the same.
            stop, save = (0, 0) if votes is None else votes.numpy()
            votes = agreed
            stopwatch.update(exchange)
            self.callbacks.heartbeat()
            if stop or save:
                stopwatch.stop()
                self._save()
                self._stop_if_asked(stop)
                stopwatch, votes = Stopwatch(progress), None
            self._say_progress(stopwatch)
        stopwatch.stop()
        self._profile()

    def _finish_epoch(self) -> None:
        """Average the moving statistics, validate, record the epoch, and save what has to be saved."""
        progress, ranks = self.progress, self.ranks
        rate = float(self._rate())
        statistics = statistics_of(self.network)
        for variable, mean in zip(statistics, averaged(ranks, statistics)):
            variable.assign(mean)
        check_equal_weights(self.network, ranks)
        with progress.clock("validation"):
            places = np.arange(len(self.validation.labels))
            batches = self.validation.batches(places, self.options.batch_size)
            validation = Sums(*ranks.total(sum_over(self.evaluate, batches, self.callbacks.heartbeat)))
        trained = Sums(*ranks.total(progress.sums))
        for what, sums in (("loss", trained), ("validation loss", validation)):
            if not np.isfinite(sums.loss + sums.properties_loss):
                raise ValueError(f"The {what} of epoch {progress.epoch} is not a finite number; lower `learning_rate`.")
        record = EpochRecord(
            epoch=progress.epoch,
            images=int(trained.images),
            learning_rate=rate,
            loss=trained.mean_loss,
            second=trained.mean_second,
            validation_loss=validation.mean_loss,
            validation_second=validation.mean_second,
            seconds=ranks.gather(progress.seconds),
            step_seconds=progress.step_seconds,
            properties_loss=trained.mean_properties_loss,
            validation_properties_loss=validation.mean_properties_loss,
            second_name=self.objective.second_name,
        )
        self.callbacks.say(record.describe(self.options.epochs))
        if self.tensorboard:
            self.tensorboard.write(record)
        if self.options.keep_epoch == "best" and record.compared_loss < progress.best_loss:
            progress.best_loss = record.compared_loss
            self.best = [variable.numpy() for variable in self.network.variables]
        self.progress = progress.after(record)
        self.callbacks.heartbeat()
        stop, save = ranks.total(self._vote().numpy().astype(np.float64))
        ended = self._ended()
        if stop or save or ended or self.options.debug:
            self._save()
        if not ended:
            self._stop_if_asked(stop)

    def _ended(self) -> bool:
        """Return whether all epochs are done, or the last one has reached the target."""
        records = self.progress.records
        return self.progress.epoch > self.options.epochs or (bool(records) and records[-1].reaches(self.options.target))

    def _rate(self) -> tf.Tensor:
        """Return the learning rate of the update that completes, or that was completed by, the last batch taken."""
        done = math.ceil(self.progress.batches / self.options.gradient_accumulation)
        # Asking the optimizer instead would wait for a GPU to finish the update before.
        update = (self.progress.epoch - 1) * self.updates_per_epoch + done - 1
        return tf.constant(learning_rate(self.options, self.ranks.size, update, self.updates_per_epoch), tf.float32)

    def _vote(self) -> tf.Tensor:
        """Return this rank's votes, (to stop, to save), 0 or 1 each, float32; rank 0's clock says when to save."""
        between = self.progress.batches == 0
        due = self.ranks.rank == 0 and self.checkpoints is not None and self.checkpoints.due(between)
        return tf.constant([float(bool(self.callbacks.asked_to_stop())), float(due)])

    def _stop_if_asked(self, stop: float) -> None:
        """Raise Stopped if a rank has voted to stop."""
        if stop:
            asked = next((name for name in self.ranks.gather(self.callbacks.asked_to_stop()) if name), "a signal")
            where = f"in epoch {self.progress.epoch} of {self.options.epochs}"
            raise Stopped(f"stopped by {asked} {where}; run again, and training resumes from there")

    def _save(self) -> None:
        """Save a checkpoint. Weights are the same on all ranks; of the moving statistics the mean is saved."""
        if self.checkpoints is None:
            return
        with self.progress.clock("checkpoint"):
            generators = [v.numpy().tolist() for v in self.network.variables if not is_float(v)]
            owns = self.ranks.gather({"random": generators} | self.progress.own_state())
            statistics = statistics_of(self.network)
            means = dict(zip((variable.path for variable in statistics), averaged(self.ranks, statistics)))
            if self.ranks.rank == 0:
                variables = [means.get(variable.path, variable.numpy()) for variable in self.network.variables]
                variables += [variable.numpy() for variable in self.optimizer.variables]
                state = self.progress.common_state() | {"ranks": owns}
                name = f"{self.progress.epoch:06d}-{self.progress.batches:08d}"
                self.checkpoints.save(name, Checkpoint(state, variables, self.best))

    def _start(self) -> None:
        """Start all ranks from rank 0's weights, and from its last checkpoint if there is one."""
        found = self.checkpoints.latest() if self.checkpoints and self.ranks.rank == 0 else None
        state = self.ranks.broadcast(found.state if found else None)
        network, optimizer = self.network.variables, self.optimizer.variables
        if found:
            for variable, array in zip([*network, *optimizer], found.variables, strict=True):
                variable.assign(array)
            self.best = found.best
        # The state of random generators is each rank's own.
        self.ranks.copy_from_first([v.value for v in network if is_float(v)] + [v.value for v in optimizer])
        if state:
            self._take_up(state)

    def _take_up(self, state: dict) -> None:
        """Go on where a checkpoint was saved, by as many ranks or, between epochs, by another number."""
        owns, size = state["ranks"], self.ranks.size
        if self.ranks.rank < len(owns):
            own = owns[self.ranks.rank]
            generators = (variable for variable in self.network.variables if not is_float(variable))
            for variable, value in zip(generators, own["random"], strict=True):
                variable.assign(np.array(value, variable.dtype))
        else:  # a rank that there was not before, which has random states of its own already
            own = self.progress.own_state()
        self.progress, self.resumed = Progress.from_states(state, own), True
        others = "" if len(owns) == size else f", by {size} worker(s) after {len(owns)} so far"
        self.callbacks.say(
            f"resuming from a checkpoint: epoch {state['epoch']}, after {state['batches']} batches{others}"
        )

    def _say_progress(self, stopwatch: Stopwatch) -> None:
        """Say now and then how far this epoch has got, how fast it goes, and when all will be done."""
        if time.monotonic() - self.last_said <= PROGRESS_SECONDS:
            return
        self.last_said = time.monotonic()
        progress, seconds = self.progress, stopwatch.train_seconds
        done = progress.batches / self.batches_per_epoch
        left = seconds / done * (self.options.epochs - progress.epoch + 1 - done)
        per_rank = min(progress.batches * self.options.batch_size, self.train.dealing.images_per_rank)
        self.callbacks.say(
            f"epoch {progress.epoch} of {self.options.epochs}: {done:.0%},"
            f" {per_rank * self.ranks.size / seconds:.0f} images/s, about {left / 60:.0f} min of training left"
        )

    def _profile(self) -> None:
        if self.tensorboard:
            self.tensorboard.profile(self.progress.epoch, self.progress.batches, self.batches_per_epoch)
