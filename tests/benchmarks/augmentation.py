"""What augmentation costs in training, run by hand: ``python tests/benchmarks/augmentation.py [rounds] [threads]``.

`reference_cnn`, 64 pixels, batches of 32: steps on images as they are, mirrored and turned by quarters, and made anew
from frames of 160 pixels with the demonstration's options and with all, in rounds in which all take turns. It prints
the milliseconds of a step and those of all cores together, the ratios to images as they are, with their quartiles over
the rounds, and the milliseconds of making a batch alone. On a machine with other work, only those of the cores mean
something.
"""

import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

PIXELS, SIDE, BATCH, STEPS = 64, 160, 32, 40


def make_data(path):
    """Write a prepared file of smooth images with their frames."""
    axis = np.linspace(-3, 3, SIDE)
    base = np.exp(-np.hypot(axis, axis[:, None]))
    levels = np.random.default_rng(1).uniform(100, 255, (BATCH * STEPS, 1, 1, 1))
    frames = (base[..., None] * levels).astype(np.uint8)
    with h5py.File(path, "w") as file:
        file["frames"] = frames
        file["images"] = np.ascontiguousarray(frames[:, 16:-16:2, 16:-16:2])
        file["label"] = np.arange(BATCH * STEPS, dtype=np.int32) % 10
        file.attrs.update({"shape": "disc", "oversampling": 2, "half_width_kpc": 80.0})


def main(rounds=7, threads=2):
    """Measure, and print one row for each kind."""
    from deepgalaxy.tensorflow_setup import configure_tensorflow

    configure_tensorflow(threads)
    import tensorflow as tf

    from deepgalaxy.resampling import Sight
    from deepgalaxy.training.data.augment import Augmentation, Ranges
    from deepgalaxy.training.data.deal import Dealing
    from deepgalaxy.training.data.shard import TrainingImages
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions
    from deepgalaxy.training.ranks.communicator import SingleRank
    from deepgalaxy.training.steps import TrainingStep, make_optimizer

    sight = Sight(PIXELS, "uint8", "disc", 2, 80.0)
    kinds = {
        "as they are": Ranges(),
        "mirror, quarter turns": Ranges(True, "quarter"),
        "the demonstration's": Ranges(True, "any", (0.8, 1.25), 0.05, (0.0, 1.5)),
        "all": Ranges(True, "any", (0.7, 1.4), 0.1, (0.0, 2.0), (0.0, 1.0), (0.5, 2.0)),
    }
    options = TrainingOptions("reference_cnn", 1, BATCH, noise=0.02)
    network = build_network(options, PIXELS, "uint8", 10)
    step = TrainingStep(network, make_optimizer(options), SingleRank(), options)
    rate, votes = tf.constant(0.001), tf.zeros(2)
    times = {name: [] for name in kinds}
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "train.hdf5"
        make_data(path)
        images = {}
        for name, ranges in kinds.items():
            dealing = Dealing(BATCH * STEPS, 1, 0, seed=1)
            images[name] = TrainingImages(path, dealing, 0, 2**30, Augmentation(ranges, sight, 1))
            images[name].load(1)
        for number in range(rounds + 1):
            for name in kinds:
                start, cores = time.perf_counter(), time.process_time()
                for batch, labels in images[name].batches(number + 1, BATCH, 0, STEPS):
                    step.update(batch, labels, rate, votes)
                spent = (time.perf_counter() - start, time.process_time() - cores)
                times[name].append(1e3 * np.array(spent) / STEPS)
        print("| images | ms a step | / as they are | ms of the cores | / as they are | ms to make a batch |")
        print("|---|---|---|---|---|---|")
        plain = np.array(times["as they are"][1:])  # the first round compiles
        for name in kinds:
            own = np.array(times[name][1:])
            cells = []
            for one, other in zip(own.T, plain.T):
                low, ratio, high = np.quantile(one / other, (0.25, 0.5, 0.75))
                cells += [f"{np.median(one):.1f}", f"{ratio:.3f} ({low:.3f} to {high:.3f})"]
            start = time.process_time()
            for _ in images[name].batches(1, BATCH, 0, STEPS):
                pass
            print(f"| {name} | {' | '.join(cells)} | {1e3 * (time.process_time() - start) / STEPS:.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
