"""Benchmark of the exchange of gradients, run by hand: ``python tests/benchmarks/exchange.py``; ``--help`` lists the
options.

Two ranks of one thread each live in network namespaces of their own, joined by a link of limited bandwidth. They take
training steps with gradients in buckets of several sizes, in half precision, and without any exchange, in turn within
one set of processes. It prints the time of a step, what of the exchange is not hidden behind the backward pass, and
whether the weights are the same, between ranks and between sizes of buckets, to the last bit. Needs root and the
programs ``ip`` and ``tc`` (Debian: iproute2).
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
SUBNET, CLASSES, STEPS = "10.97.3", 10, 4
NAMES = {rank: f"dgx{os.getpid()}r{rank}" for rank in (1, 2)}


def main() -> None:
    """Measure as one rank, if asked for, or lay the network and start the ranks at each bandwidth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="EfficientNetB0:128:8", help="architecture:pixels:batch size")
    parser.add_argument("--rates", nargs="+", default=["100mbit", "500mbit", "1gbit", "none"], help="as tc spells them")
    parser.add_argument("--buckets", nargs="+", type=float, default=[0, 0.5, 1, 2, 4], help="MiB; 0: all at once")
    parser.add_argument("--rounds", type=int, default=5, help=f"measurements of each kind, of {STEPS} steps")
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rank:
        measure(args)
        return
    print("| link | gradients | step, ms (all rounds) | exposed exchange, ms | speed / all at once | same weights |")
    print("|---|---|---|---|---|---|", flush=True)
    with joined_hosts() as launcher:
        subprocess.run([*launcher, sys.executable, __file__, *sys.argv[1:], "--rank"], check=True)


def run(*words: str) -> None:
    """Run a command, which must succeed."""
    subprocess.run(words, check=True)


@contextmanager
def joined_hosts():
    """Make two network namespaces with a link between them, and yield the command that starts a rank in each."""
    try:
        for name in NAMES.values():
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", NAMES[1], "link", "add", "e1", "type", "veth", "peer", "name", "e2", "netns", NAMES[2])
        for rank, name in NAMES.items():
            run("ip", "-n", name, "addr", "add", f"{SUBNET}.{rank}/24", "dev", f"e{rank}")
            run("ip", "-n", name, "link", "set", f"e{rank}", "up")
        with tempfile.TemporaryDirectory() as directory:
            agent = Path(directory, "agent")  # in place of ssh: [options] host command ...
            agent.write_text(
                "#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done; shift\n"
                f'exec ip netns exec {NAMES[2]} unshare --uts sh -c "hostname {NAMES[2]}; $*"\n'
            )
            agent.chmod(0o755)
            yield [
                *(
                    "ip",
                    "netns",
                    "exec",
                    NAMES[1],
                    "unshare",
                    "--uts",
                    "sh",
                    "-c",
                    'hostname "$0"; exec "$@"',
                    NAMES[1],
                ),
                *("mpirun", "-np", "2", "-H", f"{SUBNET}.1:1,{SUBNET}.2:1", "--bind-to", "none", "--allow-run-as-root"),
                *("--prtemca", "plm_ssh_agent", str(agent), "--prtemca", "prte_if_include", f"{SUBNET}.0/24"),
                *("--mca", "pml", "ob1", "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", f"{SUBNET}.0/24"),
                *("--mca", "mpi_yield_when_idle", "1", "--mca", "threads_pthreads_yield_strategy", "nanosleep"),
                *("-x", "PATH", "-x", f"PYTHONPATH={SCRIPTS}", "-x", "TF_CPP_MIN_LOG_LEVEL=2"),
            ]
    finally:
        for name in NAMES.values():
            subprocess.run(["ip", "netns", "del", name], check=False)


def measure(args: argparse.Namespace) -> None:
    """Take steps of all kinds in turn, and let rank 0 print a row for each."""
    from deepgalaxy.tensorflow_setup import configure_tensorflow

    configure_tensorflow(1)
    import keras
    import numpy as np
    import tensorflow as tf

    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions
    from deepgalaxy.training.ranks.communicator import SingleRank, join_ranks
    from deepgalaxy.training.steps import TrainingStep, make_optimizer

    ranks = join_ranks(2)
    architecture, pixels, batch = args.network.split(":")
    rng = np.random.default_rng(ranks.rank)
    images = tf.constant(rng.integers(0, 256, (int(batch), int(pixels), int(pixels), 1), np.uint8))
    labels = tf.constant(rng.integers(CLASSES, size=int(batch)).astype(np.int32))
    rest = tf.constant(0.001), tf.zeros(2)

    def stepper(exchanging, **options):
        """Return a function that takes steps and returns their seconds and those of the exchange; and the network."""
        keras.utils.set_random_seed(1)
        options = TrainingOptions(architecture, 1, int(batch), **options)
        network = build_network(options, int(pixels), "uint8", CLASSES)
        step = TrainingStep(network, make_optimizer(options), exchanging, options)

        def take(count=STEPS):
            times = np.empty((count, 2))
            for number in range(count):
                start = time.perf_counter()
                exposed = float(step.update(images, labels, *rest)[1])
                times[number] = time.perf_counter() - start, exposed
            return times

        take(2)  # traced and warm
        return take, network

    kinds = {
        f"buckets of {size:g} MiB" if size else "all at once": {"exchange_bucket_mib": size} for size in args.buckets
    }
    steppers = {kind: stepper(ranks, **options) for kind, options in kinds.items()}
    steppers["all at once, float16"] = stepper(ranks, exchange_bucket_mib=0, gradient_compression=True)
    steppers["no exchange"] = stepper(SingleRank())
    for rate in args.rates:
        device = ("dev", f"e{ranks.rank + 1}", "root")  # of the namespace that this rank lives in
        shape = ("pfifo",) if rate == "none" else ("tbf", "rate", rate, "burst", "256kb", "latency", "50ms")
        run("tc", "qdisc", "replace", *device, *shape)
        rounds = {kind: [] for kind in steppers}
        for _ in range(args.rounds):
            for kind, (take, _) in steppers.items():
                ranks.gather(kind)  # both start together
                times = ranks.gather(take())
                step, exposed = np.max(times, axis=0)[:, 0], np.array(times)[:, :, 1]
                rounds[kind].append((np.median(step), np.median(exposed)))
        bits = ranks.gather({kind: digest(network) for kind, (_, network) in steppers.items()})
        if ranks.rank == 0:
            print_rows(rate, rounds, bits)


def print_rows(rate: str, rounds: dict, bits: list[dict]) -> None:
    """Print a row for each kind: from its seconds of a step and of the exchange in each round, and its weights' digest
    on each rank."""
    import numpy as np

    first = next(iter(rounds))
    for kind, measured in rounds.items():
        step, exposed = np.array(measured).T * 1e3
        same = "between ranks" if len({own[kind] for own in bits}) == 1 else "no"
        same += ", as the first" if bits[0][kind] == bits[0][first] else ""
        low, median, high = np.quantile(step, (0, 0.5, 1))
        speed = np.median(np.array(rounds[first])[:, 0] * 1e3 / step)
        print(
            f"| {rate} | {kind} | {median:.0f} ({low:.0f} to {high:.0f}) | {np.median(exposed):.0f} | {speed:.2f}"
            f" | {same} |",
            flush=True,
        )


def digest(network) -> str:
    """Return a digest of the trainable weights."""
    return hashlib.sha256(b"".join(weight.numpy().tobytes() for weight in network.trainable_variables)).hexdigest()


if __name__ == "__main__":
    main()
