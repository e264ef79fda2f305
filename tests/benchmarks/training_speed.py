"""Benchmark of training, run by hand: ``python tests/benchmarks/training_speed.py``; ``--help`` lists the options.

For each network and number of ranks it measures, in rounds in which all take turns, since machines are noisy:

- ours: the training of this package on a prepared file, its ranks under ``mpirun`` if there are several;
- bare: the shortest loop there is, a ``tf.function`` that takes one batch in memory again and again, as that many
  independent processes at the same time;
- bare, any order: the same without deterministic operations;
- bare, in step: the same, but no process starts a step before all have ended the last one, which is the most that ranks
  can reach that exchange gradients;
- Keras fit: Keras's own loop on arrays, again as independent processes;
- with ``--before CHECKOUT``, the training of another version of this package.

All of them again for each of ``--options``, such as ``precision=mixed_float16,xla=true``.

It prints images per second in all, the ratio to ``bare`` with the same options, the share of the time in which ours
waits for images, the most memory of a GPU that was in use, and page faults per step, which tell whether memory is
mapped anew for each tensor. Each kind has processes of its own, which are stopped while others are measured.
"""

import argparse
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
NETWORKS = ("reference_cnn:64:32:100", "EfficientNetB0:128:8:12", "ResNet50:128:8:12")
KINDS = ("ours", "bare", "bare, any order", "Keras fit")
CLASSES = 10


def parse() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--networks", nargs="+", default=NETWORKS, help="architecture:pixels:batch size:steps to a round"
    )
    parser.add_argument("--ranks", nargs="+", type=int, default=(1, 2), help="numbers of ranks")
    parser.add_argument("--kinds", nargs="+", help="which to measure; all by default")
    parser.add_argument("--options", nargs="+", default=[""], help="training options, name=value,name=value in JSON")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each kind")
    parser.add_argument(
        "--before",
        type=Path,
        help="checkout of another version, with its modules where they are in this one, to compare with",
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # one kind, in a process that reports to --socket
    parser.add_argument("--socket", help=argparse.SUPPRESS)
    parser.add_argument("--process", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure one kind in this process, if asked for, or start all processes that measure."""
    args = parse()
    if args.measure:
        measure(args, Reporter(args.socket))
        return
    figures = []
    print(
        "| network | ranks | kind | images/s (all rounds) | / bare (half of the rounds) | waits for images"
        " | GPU memory, MiB | page faults a step |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for network in args.networks:
        for ranks in args.ranks:
            kinds = args.kinds or [*KINDS, *["bare, in step"] * (ranks > 1), *["before"] * bool(args.before)]
            figures += compare(args, network, ranks, kinds)
    if args.json:
        args.json.write_text(json.dumps(figures))


def compare(args: argparse.Namespace, network: str, ranks: int, kinds: list[str]) -> list[dict]:
    """Measure all kinds of training of one network in turn, print a row for each, and return the figures."""
    import numpy as np

    name, pixels, batch, steps = network.split(":")
    images = int(batch) * int(steps) * ranks
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        make_data(Path(directory), int(pixels), images)
        groups = {
            (kind, options): stack.enter_context(started(args, network, ranks, kind, options, Path(directory)))
            for options in args.options
            for kind in kinds
        }
        for group in groups.values():
            group.wait()
        for group in groups.values():  # a round in which all compile their functions
            group.begin()
        for group in groups.values():
            group.end()
        rounds = [{key: group.measure() for key, group in groups.items()} for _ in range(args.rounds)]
    rows = []
    for kind, options in groups:
        turns = [turn[kind, options] for turn in rounds]
        speed = np.array([images / ranks * sum(1 / one["seconds"] for one in turn) for turn in turns])
        if kind in ("ours", "before", "bare, in step"):  # processes that wait for each other
            speed = np.array([images / max(one["seconds"] for one in turn) for turn in turns])
        middle = {
            figure: float(np.median([one.get(figure, np.nan) for turn in turns for one in turn]))
            for figure in ("page_faults_per_step", "waiting", "gpu_mib")
        }
        key = {"network": name, "pixels": int(pixels), "batch": int(batch), "ranks": ranks, "kind": kind}
        rows.append(key | {"options": options, "images_per_second": speed.tolist()} | middle)
    bare = {row["options"]: np.array(row["images_per_second"]) for row in rows if row["kind"] == "bare"}
    for row in rows:
        speed = np.array(row["images_per_second"])
        low, ratio, high = np.quantile(speed / bare.get(row["options"], np.nan), (0.25, 0.5, 0.75))
        print(
            f"| {name}, {pixels} px, batch {batch} | {ranks} | {row['kind']} {row['options']}"
            f" | {np.median(speed):.1f} ({speed.min():.1f} to {speed.max():.1f})"
            f" | {ratio:.2f} ({low:.2f} to {high:.2f}) | {row['waiting']:.3f} | {row['gpu_mib']:.0f}"
            f" | {row['page_faults_per_step']:.0f} |",
            flush=True,
        )
    return rows


def make_data(directory: Path, pixels: int, count: int) -> None:
    """Write a prepared file of noise to train on."""
    import h5py
    import numpy as np

    rng = np.random.default_rng(1)
    with h5py.File(directory / "train.hdf5", "w") as file:
        images = file.create_dataset("images", (count, pixels, pixels, 1), np.uint8)
        for start in range(0, count, 256):
            images[start : start + 256] = rng.integers(0, 256, (min(256, count - start), pixels, pixels, 1), np.uint8)
        file["label"] = rng.integers(CLASSES, size=count).astype(np.int32)


class Group:
    """The processes that measure one kind together, stopped unless they measure."""

    def __init__(self, server: socket.socket, processes: list[subprocess.Popen], ranks: int) -> None:
        self._server, self._processes, self._ranks = server, processes, ranks
        self._streams, self.pids = [], []
        server.settimeout(1)

    def wait(self) -> None:
        """Wait until all processes are ready. Raises RuntimeError if one ends before."""
        while len(self._streams) < self._ranks:
            try:
                self._streams.append(self._server.accept()[0].makefile("rw"))
            except TimeoutError:
                if any(process.poll() for process in self._processes):
                    raise RuntimeError("A process that should measure has failed.") from None
        self.pids = [self._read(stream)["pid"] for stream in self._streams]

    def begin(self) -> None:
        """Let all train for a round."""
        for stream in self._streams:
            print("go", file=stream, flush=True)

    def end(self) -> list[dict]:
        """Wait for the end of the round, stop all, and return what each reports of it."""
        results = [self._read(stream) for stream in self._streams]
        self._signal(signal.SIGSTOP)
        return results

    def measure(self) -> list[dict]:
        """Let all go on and train for a round, and return what each reports of it."""
        self._signal(signal.SIGCONT)
        self.begin()
        return self.end()

    def _signal(self, number: int) -> None:
        for pid in self.pids:
            os.kill(pid, number)

    @staticmethod
    def _read(stream) -> dict:
        line = stream.readline()
        if not line:
            raise RuntimeError("A process that should measure has failed.")
        return json.loads(line)


class Reporter:
    """A process's line to the one that started it."""

    def __init__(self, address: str) -> None:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        self._stream = connection.makefile("rw")

    def report(self, **figures: float) -> None:
        """Send figures, and wait for the next round; ends the process if there is none."""
        print(json.dumps(figures), file=self._stream, flush=True)
        if not self._stream.readline():
            sys.exit()


@contextmanager
def started(args, network: str, ranks: int, kind: str, options: str, directory: Path):
    """Start the processes of one kind, and end them after the block."""
    from deepgalaxy.cluster.job import TrainingJob

    together = kind in ("ours", "before")
    address = directory / f"{len(list(directory.iterdir()))}.socket"
    counters = address.with_suffix(".counters")
    counters.write_bytes(bytes(mmap.PAGESIZE))
    command = [sys.executable, __file__, "--networks", network, "--ranks", str(ranks), f"--rounds={args.rounds}"]
    command += ["--measure", kind, "--options", options, "--socket", str(address)]
    command += ["--data", str(directory / "train.hdf5")]
    if together and ranks > 1:
        launcher = TrainingJob(ranks, 1, 1).launch_command()
        command = [*launcher[launcher.index("mpirun") :], *command]
    scripts = args.before / "workflow" / "scripts" if kind == "before" else SCRIPTS
    environment = os.environ | {"PYTHONPATH": str(scripts.resolve()), "TF_CPP_MIN_LOG_LEVEL": "2"}
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()
        processes = [
            subprocess.Popen([*command, f"--process={number}"], env=environment)
            for number in range(1 if together else ranks)
        ]
        group = Group(server, processes, ranks)
        try:
            yield group
        finally:
            for pid in (*group.pids, *(process.pid for process in processes)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in processes:
                process.wait()


def measure(args: argparse.Namespace, reporter: Reporter) -> None:
    """Train in this process for a round whenever told so."""
    (network,), (ranks,), (options,) = args.networks, args.ranks, args.options
    architecture, pixels, batch, steps = network.split(":")
    threads, sizes = max(1, os.cpu_count() // ranks), (int(pixels), int(batch), int(steps))
    if args.measure == "bare, any order":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    else:
        from deepgalaxy.tensorflow_setup import configure_tensorflow

        configure_tensorflow(threads)
    import keras
    import tensorflow as tf

    from deepgalaxy.training.options import TrainingOptions

    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    others = dict(option.split("=") for option in options.split(",") if option)
    others = {name: json.loads(value) if value in ("true", "false") else value for name, value in others.items()}
    options = TrainingOptions(architecture, args.rounds + 2, sizes[1], **others)
    keras.config.set_dtype_policy(options.precision)
    keras.utils.set_random_seed(1)
    kinds = {"ours": train_ours, "before": train_ours, "Keras fit": train_by_fit}
    kinds.get(args.measure, train_bare)(reporter, args, options, *sizes)


def page_faults() -> int:
    """Return how many pages of memory this process was given so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def gpu_mib() -> float:
    """Return the most memory of the first GPU, in MiB, that tensors took together so far; NaN without a GPU."""
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return float("nan")
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


def train_ours(reporter, args, options, pixels, batch, steps) -> None:
    """Train by this package, an epoch for each round."""
    from deepgalaxy.training.data.deal import Dealing
    from deepgalaxy.training.data.shard import Shard, TrainingImages
    from deepgalaxy.training.fit import Callbacks, Training
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.ranks.communicator import join_ranks

    (ranks,) = args.ranks
    joined, faults = join_ranks(ranks), []

    class Waiting(TrainingImages):
        """Before each epoch, reports on the one before and waits to be told."""

        def load(self, epoch):
            if epoch == 1:
                reporter.report(pid=os.getpid())
            else:
                times = training.progress.records[-1].seconds[joined.rank]
                reporter.report(
                    seconds=times.train,
                    waiting=times.input / times.train,
                    page_faults_per_step=(faults[steps - 1] - faults[0]) / (steps - 1),
                    gpu_mib=gpu_mib(),
                )
            faults.clear()
            super().load(epoch)

    training = Training(
        build_network(options, pixels, "uint8", CLASSES),
        options,
        Waiting(args.data, Dealing(batch * steps * ranks, ranks, 0, 1), joined.rank, 2**40),
        Shard(args.data, [slice(0, 1)], 2**40),
        joined,
        callbacks=Callbacks(heartbeat=lambda: faults.append(page_faults())),
    )
    training.run()


def train_bare(reporter, args, options, pixels, batch, steps) -> None:
    """Train on one batch in memory, by a function of TensorFlow and nothing else."""
    import keras
    import tensorflow as tf

    from deepgalaxy.training.network import build_network

    network = build_network(options, pixels, "uint8", CLASSES)
    images, labels = read_images(args, batch)
    images, labels = tf.constant(images), tf.constant(labels)
    optimizer = keras.optimizers.Adam()
    if options.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)

    @tf.function(autograph=False, jit_compile=options.xla)
    def gradients(images, labels):
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(labels, network(images, training=True))
            loss = optimizer.scale_loss(tf.reduce_mean(losses))
        return loss, tape.gradient(loss, [weight.value for weight in network.trainable_variables])

    @tf.function(autograph=False)
    def step(images, labels):
        loss, found = gradients(images, labels)
        optimizer.apply(found)
        return loss

    together = Together(Path(args.socket).with_suffix(".counters"), args.process, *args.ranks)
    reporter.report(pid=os.getpid())
    while True:
        faults, start = page_faults(), time.perf_counter()
        for _ in range(steps):
            loss = step(images, labels)
            if args.measure == "bare, in step":
                together.wait()
        loss.numpy()
        seconds = time.perf_counter() - start
        reporter.report(seconds=seconds, page_faults_per_step=(page_faults() - faults) / steps, gpu_mib=gpu_mib())


class Together:
    """Lets processes wait for each other, by counters in a file that all have mapped, 64 bytes for each process."""

    def __init__(self, path: Path, process: int, processes: int) -> None:
        import numpy as np

        with path.open("r+b") as file:
            counters = np.frombuffer(mmap.mmap(file.fileno(), 0), np.int64)
        self._own, self._all = counters[8 * process : 8 * process + 1], counters[: 8 * processes : 8]

    def wait(self) -> None:
        """Wait until every process has called this as many times as this one."""
        self._own += 1
        while self._all.min() < self._own:
            time.sleep(50e-6)


def train_by_fit(reporter, args, options, pixels, batch, steps) -> None:
    """Train by Keras's own loop."""
    import keras

    from deepgalaxy.training.network import build_network

    network = build_network(options, pixels, "uint8", CLASSES)
    images, labels = read_images(args, batch * steps)
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=options.xla)

    class Clock(keras.callbacks.Callback):
        """Notes when an epoch begins and ends."""

        def on_epoch_begin(self, _epoch, _logs=None):
            self.faults, self.start = page_faults(), time.perf_counter()

        def on_epoch_end(self, _epoch, _logs=None):
            self.seconds, self.faults = time.perf_counter() - self.start, page_faults() - self.faults

    clock = Clock()
    reporter.report(pid=os.getpid())
    while True:
        network.fit(images, labels, batch, callbacks=[clock], verbose=0)
        reporter.report(seconds=clock.seconds, page_faults_per_step=clock.faults / steps, gpu_mib=gpu_mib())


def read_images(args: argparse.Namespace, count: int):
    """Return the first images of the prepared file, with their labels."""
    import h5py

    with h5py.File(args.data) as file:
        return file["images"][:count], file["label"][:count]


if __name__ == "__main__":
    main()
