"""Benchmark of training, run by hand: ``python tests/benchmarks/training_speed.py [architecture] [pixels] [batch]``.

Prints ratios between measurements that take turns within one run, for machines are noisy:

- one rank per core that exchange gradients, against as many processes at the same time that do not, and against one
  rank alone (weak scaling); with the bound that the scatter of step times sets, for each step waits for the slowest;
- training on a prepared file against training on one batch in memory (what feeding costs);
- training against Keras's own ``fit`` on the same arrays (what our loop costs);
- where there is a GPU, mixed precision and XLA against plain float32.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from deepgalaxy.runtime import configure_tensorflow
from deepgalaxy.training_job import TrainingJob

CLASSES, ROUNDS, STEPS = 10, 4, 25


def main():
    """Measure one thing in this process, if asked for, or start all processes that measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architecture", nargs="?", default="EfficientNetB0")
    parser.add_argument("pixels", nargs="?", type=int, default=128)
    parser.add_argument("batch_size", nargs="?", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="ranks that are compared with one")
    parser.add_argument("--batches", type=int, default=20, help="batches to an epoch, of those that are compared")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="repetitions of each measurement")
    parser.add_argument("--measure", choices=("steps", "epochs"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure == "steps":
        measure_steps(args)
    elif args.measure == "epochs":
        measure_epochs(args)
    else:
        settings = [args.architecture, str(args.pixels), str(args.batch_size), f"--workers={args.workers}"]
        settings += [f"--batches={args.batches}", f"--rounds={args.rounds}"]
        for launcher, measure in ((TrainingJob(args.workers, 1, 1).launch_command(), "steps"), ([], "epochs")):
            command = [*launcher, sys.executable, __file__, *settings, f"--measure={measure}"]
            subprocess.run(command, check=True)


def options_of(args, **others):
    """The options of training that all measurements share."""
    from deepgalaxy.training.options import TrainingOptions

    return TrainingOptions(args.architecture, 3, args.batch_size, **others)


def measure_steps(args):
    """Let all ranks take steps in turn: with the exchange, without it, and rank 0 alone."""
    from deepgalaxy.training.ranks import SingleRank, join_ranks

    ranks = join_ranks(args.workers)
    configure_tensorflow(max(1, os.cpu_count() // ranks.local_size))
    import numpy as np
    import tensorflow as tf

    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.steps import TrainingStep, make_optimizer

    options = options_of(args)
    rng = np.random.default_rng(ranks.rank)
    images = tf.constant(rng.integers(0, 256, (args.batch_size, args.pixels, args.pixels, 1), np.uint8))
    labels = tf.constant(rng.integers(CLASSES, size=args.batch_size).astype(np.int32))
    first, rate, wishes = tf.constant(0, tf.int64), tf.constant(0.001), tf.zeros(2)

    def stepper(exchanging):
        network = build_network(options, args.pixels, "uint8", CLASSES)
        step = TrainingStep(network, make_optimizer(options), exchanging, options)

        def step_seconds(steps=STEPS):
            times = np.empty(steps)
            for number in range(steps):
                start = time.perf_counter()
                step.update(images, labels, first, rate, wishes)[0].numpy()
                times[number] = time.perf_counter() - start
            return times

        step_seconds(3)  # traced and warm
        return step_seconds

    together, apart = stepper(ranks), stepper(SingleRank())
    kinds = {"exchanging": together, "independent": apart, "alone": apart}
    rounds = {name: [] for name in kinds}
    for _ in range(args.rounds):
        for name, step_seconds in kinds.items():
            ranks.gather(name)  # all start together
            own = step_seconds() if name != "alone" or ranks.rank == 0 else None
            rounds[name].append(np.array([times for times in ranks.gather(own) if times is not None]))
    if ranks.rank == 0:
        speeds = {
            name: np.array([(args.batch_size / times.mean(axis=1)).sum() for times in measured])
            for name, measured in rounds.items()
        }
        for name, speed in speeds.items():
            print(
                f"{name:12} {median(speed):8.1f} images/s in all, in rounds from {speed.min():.1f} to {speed.max():.1f}"
            )
        bound = [times.mean() / times.max(axis=0).mean() for times in rounds["independent"]]
        per_worker = {name: speeds[name] / speeds["alone"] / ranks.size for name in ("exchanging", "independent")}
        print(f"exchanging / independent: {median(speeds['exchanging'] / speeds['independent']):.2f}")
        print(f"bound to this by the scatter of step times: {median(bound):.2f}")
        print(f"weak scaling efficiency, 1 to {ranks.size} ranks: {median(per_worker['exchanging']):.2f}")
        print(f"the same of independent processes: {median(per_worker['independent']):.2f}", flush=True)


def measure_epochs(args):
    """Train on a file, on one batch in memory, by Keras's fit, and with what only GPUs are fast in, in turn."""
    configure_tensorflow(os.cpu_count())
    import h5py
    import keras
    import numpy as np
    import tensorflow as tf

    from deepgalaxy.training.deal import Dealing
    from deepgalaxy.training.fit import Progress, Training, TrainingImages
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.ranks import SingleRank
    from deepgalaxy.training.share import Share

    keras.utils.set_random_seed(1)
    options, count = options_of(args), args.batches * args.batch_size
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, args.pixels, args.pixels, 1), np.uint8)
    labels = rng.integers(CLASSES, size=count).astype(np.int32)

    class OneBatch(TrainingImages):
        def batches(self, epoch, batch_size, first=0):
            batch = tf.data.Dataset.from_tensors((images[:batch_size], labels[:batch_size]))
            return batch.cache().repeat(args.batches)

    class EpochSeconds(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds = time.perf_counter() - self.start

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "train.hdf5")
        with h5py.File(path, "w") as file:
            file["images"], file["label"] = images, labels

        def ours(kind=TrainingImages, **others):
            """Return a function that trains for an epoch and returns its seconds."""
            options = options_of(args, **others)
            keras.config.set_dtype_policy(options.precision)
            network = build_network(options, args.pixels, "uint8", CLASSES)
            train = kind(path, Dealing(count, 1, 0, 1), 0, 2**30)
            training = Training(network, options, train, Share(path, [slice(0, 1)], 2**30), SingleRank())

            def epoch():
                training.progress = Progress()
                training._train_epoch()
                return training.progress.seconds.train

            return epoch

        def fit():
            """Return the same of Keras's own loop."""
            keras.config.set_dtype_policy("float32")
            network = build_network(options, args.pixels, "uint8", CLASSES)
            network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
            clock = EpochSeconds()

            def epoch():
                network.fit(images, labels, args.batch_size, callbacks=[clock], verbose=0)
                return clock.seconds

            return epoch

        epochs = {"file": ours(), "one batch": ours(OneBatch), "Keras fit": fit()}
        if tf.config.list_physical_devices("GPU"):
            epochs |= {"XLA": ours(xla=True), "float16": ours(precision="mixed_float16")}
            epochs["float16, XLA"] = ours(precision="mixed_float16", xla=True)
        for epoch in epochs.values():
            epoch()  # traced and warm
        seconds = {name: [] for name in epochs}
        for _ in range(args.rounds):
            for name, epoch in epochs.items():
                seconds[name].append(epoch())
        for name, values in seconds.items():
            print(f"{name:12} {count / median(values):8.1f} images/s on {os.cpu_count()} cores")
        for name in list(epochs)[1:]:
            ratios = np.array(seconds[name]) / np.array(seconds["file"])
            low, high = np.quantile(ratios, (0.25, 0.75))
            print(f"speed of file / {name}: {median(ratios):.2f} (half of the rounds from {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
