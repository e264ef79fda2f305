"""Benchmark of training, run by hand: ``python tests/benchmarks/training_speed.py``; ``--help`` lists the options.

For each network and number of ranks it measures, in rounds in which all take turns, since machines are noisy:

- ours: the training of this package on a prepared file, its ranks under ``mpirun`` if there are several;
- bare: the shortest loop there is, a ``tf.function`` that takes one batch in memory again and again, as that many
  independent processes at the same time;
- bare, any order: the same without deterministic operations;
- Keras fit: Keras's own loop on arrays, again as independent processes;
- with ``--before CHECKOUT``, the training of another version of this package;
- where there is a GPU, ours with mixed precision and with XLA.

It prints images per second in all, the ratio to ``bare``, and page faults per step, which tell whether memory is
mapped anew for each tensor; and with several ranks the bound that the scatter of step times sets, for ranks that
exchange gradients wait in each step for the slowest. Each kind has processes of its own, which are stopped while others
are measured.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
NETWORKS = ("reference_cnn:64:32:100", "EfficientNetB0:128:8:12", "ResNet50:128:8:12")
CLASSES = 10
OURS = {
    "ours": {},
    "ours, float16": {"precision": "mixed_float16"},
    "ours, XLA": {"xla": True},
    "ours, float16, XLA": {"precision": "mixed_float16", "xla": True},
}


def parse() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--networks", nargs="+", default=NETWORKS, help="architecture:pixels:batch size:steps to a round"
    )
    parser.add_argument("--ranks", nargs="+", type=int, default=(1, 2), help="numbers of ranks")
    parser.add_argument("--kinds", nargs="+", help="which to measure; all by default")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each kind")
    parser.add_argument("--before", type=Path, help="checkout of another version to compare with")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # one kind, in a process that reports to --socket
    parser.add_argument("--socket", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure one kind in this process, if asked for, or start all processes that measure."""
    args = parse()
    if args.measure:
        with Client(args.socket, "AF_UNIX") as connection:
            measure(args, connection)
        return
    from deepgalaxy.training.place import visible_gpus

    kinds = ["ours", "bare", "bare, any order", "Keras fit"]
    kinds += [kind for kind in OURS if kind != "ours" and visible_gpus()] + ["before"] * bool(args.before)
    figures = []
    print("| network | ranks | kind | images/s (all rounds) | / bare (half of the rounds) | page faults a step |")
    print("|---|---|---|---|---|---|")
    for network in args.networks:
        for ranks in args.ranks:
            figures += compare(args, network, ranks, args.kinds or kinds)
    if args.json:
        args.json.write_text(json.dumps(figures))


def compare(args: argparse.Namespace, network: str, ranks: int, kinds: list[str]) -> list[dict]:
    """Measure all kinds of training of one network in turn, print a row for each, and return the figures."""
    import numpy as np

    name, pixels, batch, steps = network.split(":")
    images = int(batch) * int(steps) * ranks
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        make_data(Path(directory), int(pixels), images)
        groups = {kind: stack.enter_context(started(args, network, ranks, kind, Path(directory))) for kind in kinds}
        rounds = [{kind: group.measure() for kind, group in groups.items()} for _ in range(args.rounds + 1)][1:]
    rows = []
    for kind in kinds:
        speed = np.array([images / ranks * sum(1 / one["seconds"] for one in turn[kind]) for turn in rounds])
        if kind.startswith("ours") or kind == "before":  # ranks that wait for each other
            speed = np.array([images / max(one["seconds"] for one in turn[kind]) for turn in rounds])
        rows.append(
            {"network": name, "ranks": ranks, "kind": kind, "images_per_second": speed.tolist()}
            | {"page_faults_per_step": float(np.median([one["faults"] for turn in rounds for one in turn[kind]]))}
        )
    if ranks > 1 and "bare" in kinds:
        steps = np.array([[one["steps"] for one in turn["bare"]] for turn in rounds])  # rounds, ranks, steps
        bound = np.median(steps.mean(axis=(1, 2)) / steps.max(axis=1).mean(axis=1))
        print(f"| {name}, {pixels} px, batch {batch} | {ranks} | bound by the scatter of steps | | {bound:.2f} | |")
    bare = next((np.array(row["images_per_second"]) for row in rows if row["kind"] == "bare"), np.nan)
    for row in rows:
        speed = np.array(row["images_per_second"])
        low, ratio, high = np.quantile(speed / bare, (0.25, 0.5, 0.75))
        print(
            f"| {name}, {pixels} px, batch {batch} | {ranks} | {row['kind']}"
            f" | {np.median(speed):.1f} ({speed.min():.1f} to {speed.max():.1f})"
            f" | {ratio:.2f} ({low:.2f} to {high:.2f}) | {row['page_faults_per_step']:.0f} |",
            flush=True,
        )
    return rows


def make_data(directory: Path, pixels: int, count: int) -> None:
    """Write a prepared file of noise to train on."""
    import h5py
    import numpy as np

    rng = np.random.default_rng(1)
    with h5py.File(directory / "train.hdf5", "w") as file:
        file["images"] = rng.integers(0, 256, (count, pixels, pixels, 1), np.uint8)
        file["label"] = rng.integers(CLASSES, size=count).astype(np.int32)


class Group:
    """The processes that measure one kind together, stopped unless they measure."""

    def __init__(self, connections: list[Connection]) -> None:
        self.connections = connections
        self.pids = [json.loads(connection.recv_bytes())["pid"] for connection in connections]
        self._signal(signal.SIGSTOP)

    def measure(self) -> list[dict]:
        """Let all train for a round, and return the seconds and the page faults per step of each."""
        self._signal(signal.SIGCONT)
        for connection in self.connections:
            connection.send_bytes(b"go")
        results = [json.loads(connection.recv_bytes()) for connection in self.connections]
        self._signal(signal.SIGSTOP)
        return results

    def _signal(self, number: int) -> None:
        for pid in self.pids:
            os.kill(pid, number)


@contextmanager
def started(args: argparse.Namespace, network: str, ranks: int, kind: str, directory: Path):
    """Start the processes of one kind, and end them after the block."""
    from deepgalaxy.training_job import TrainingJob

    together = kind in (*OURS, "before")
    socket = str(directory / f"{kind}.socket".replace(" ", "_"))
    command = [sys.executable, __file__, "--networks", network, "--ranks", str(ranks), f"--rounds={args.rounds}"]
    command += ["--measure", kind, "--socket", socket, "--data", str(directory / "train.hdf5")]
    if together and ranks > 1:
        launcher = TrainingJob(ranks, 1, 1).launch_command()
        command = [*launcher[launcher.index("mpirun") :], *command]
    scripts = args.before / "workflow" / "scripts" if kind == "before" else SCRIPTS
    environment = os.environ | {"PYTHONPATH": str(scripts.resolve()), "TF_CPP_MIN_LOG_LEVEL": "2"}
    with Listener(socket, "AF_UNIX") as listener:
        processes = [subprocess.Popen(command, env=environment) for _ in range(1 if together else ranks)]
        group = Group([listener.accept() for _ in range(ranks)])
        try:
            yield group
        finally:
            for pid in group.pids:
                os.kill(pid, signal.SIGKILL)
            for process in processes:
                process.wait()


def measure(args: argparse.Namespace, connection: Connection) -> None:
    """Train in this process for a round whenever told so."""
    (network,), (ranks,), kind = args.networks, args.ranks, args.measure
    architecture, pixels, batch, steps = network.split(":")
    threads, sizes = max(1, os.cpu_count() // ranks), (int(pixels), int(batch), int(steps))
    if kind == "bare, any order":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    else:
        from deepgalaxy.runtime import configure_tensorflow

        configure_tensorflow(threads)
    if kind in (*OURS, "before"):
        train_ours(connection, args, architecture, *sizes, ranks, OURS.get(kind, {}))
    elif kind == "Keras fit":
        train_by_fit(connection, args, architecture, *sizes)
    else:
        train_bare(connection, args, architecture, *sizes)


def page_faults() -> int:
    """Return how many pages of memory this process was given so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def report(connection: Connection, **figures: float | list[float]) -> None:
    """Send figures, and wait for the next round."""
    connection.send_bytes(json.dumps(figures).encode())
    connection.recv_bytes()


def train_ours(connection, args, architecture, pixels, batch, steps, ranks, others) -> None:
    """Train by this package, an epoch for each round."""
    import keras

    from deepgalaxy.training.deal import Dealing
    from deepgalaxy.training.fit import Training, TrainingImages
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions
    from deepgalaxy.training.ranks import join_ranks
    from deepgalaxy.training.share import Share

    joined, faults = join_ranks(ranks), []

    class Waiting(TrainingImages):
        """Before each epoch, reports on the one before and waits to be told."""

        def load(self, epoch):
            if epoch == 1:
                report(connection, pid=os.getpid())
            else:
                seconds = training.progress.records[-1].seconds[joined.rank].train
                report(connection, seconds=seconds, faults=(faults[steps - 1] - faults[0]) / (steps - 1))
            faults.clear()
            super().load(epoch)

    options = TrainingOptions(architecture, args.rounds + 2, batch, **others)
    keras.config.set_dtype_policy(options.precision)
    keras.utils.set_random_seed(1)
    training = Training(
        build_network(options, pixels, "uint8", CLASSES),
        options,
        Waiting(args.data, Dealing(batch * steps * ranks, ranks, 0, 1), joined.rank, 2**40),
        Share(args.data, [slice(0, 1)], 2**40),
        joined,
        feed=lambda: faults.append(page_faults()),
    )
    training.run()


def train_bare(connection, args, architecture, pixels, batch, steps) -> None:
    """Train on one batch in memory, by a function of TensorFlow and nothing else."""
    import keras
    import tensorflow as tf

    network = plain_network(architecture, pixels, batch)
    images, labels = read_images(args, batch)
    images, labels = tf.constant(images), tf.constant(labels)
    optimizer = keras.optimizers.Adam()
    optimizer.build(network.trainable_variables)

    @tf.function(autograph=False)
    def step(images, labels):
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(labels, network(images, training=True))
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, [weight.value for weight in network.trainable_variables]))
        return loss

    report(connection, pid=os.getpid())
    while True:
        faults, times = page_faults(), [time.perf_counter()]
        for _ in range(steps):
            step(images, labels).numpy()
            times.append(time.perf_counter())
        faults = (page_faults() - faults) / steps
        report(connection, seconds=times[-1] - times[0], faults=faults, steps=[b - a for a, b in pairwise(times)])


def train_by_fit(connection, args, architecture, pixels, batch, steps) -> None:
    """Train by Keras's own loop."""
    import keras

    network = plain_network(architecture, pixels, batch)
    images, labels = read_images(args, batch * steps)
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)

    class Clock(keras.callbacks.Callback):
        """Notes when an epoch begins and ends."""

        def on_epoch_begin(self, epoch, logs=None):
            self.faults, self.start = page_faults(), time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds, self.faults = time.perf_counter() - self.start, page_faults() - self.faults

    clock = Clock()
    report(connection, pid=os.getpid())
    while True:
        network.fit(images, labels, batch, callbacks=[clock], verbose=0)
        report(connection, seconds=clock.seconds, faults=clock.faults / steps)


def plain_network(architecture: str, pixels: int, batch: int):
    """Return the network that all kinds train."""
    import keras

    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions

    keras.utils.set_random_seed(1)
    return build_network(TrainingOptions(architecture, 1, batch), pixels, "uint8", CLASSES)


def read_images(args: argparse.Namespace, count: int):
    """Return the first images of the prepared file, with their labels."""
    import h5py

    with h5py.File(args.data) as file:
        return file["images"][:count], file["label"][:count]


if __name__ == "__main__":
    main()
