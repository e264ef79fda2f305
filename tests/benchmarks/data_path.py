"""Benchmark of the data path, run by hand: ``python tests/benchmarks/data_path.py [pixels] [groups]``.

Prints ratios between measurements of one run, on one core, on files that it makes in a temporary directory:

- loading selected images in the way of upstream's loader (each camera's dataset read whole, indexed, appended to what
  is there, labels one by one) against selecting, splitting and preparing them once, and reading what was prepared;
- feeding batches from memory and from the file, as images per second and as a share of what copying memory allows;
- feeding against one training step of the reference network.
"""

import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.dataset.layout import group_name, images_name, times_name
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images
from deepgalaxy.tensorflow_setup import configure_tensorflow

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.datasets import create_group

SNAPSHOTS, BATCH_SIZE = 71, 32


def seconds(function, *args, repeats=3):
    """Return the shortest time of several calls, and what the last one returned."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function(*args)
        times.append(time.perf_counter() - start)
    return min(times), result


def make_dataset(path, pixels, groups):
    """Write smooth images that compress about as well as rendered ones."""
    rng = np.random.default_rng(1)
    row = np.linspace(-3, 3, pixels)
    base = np.exp(-(row[:, None] ** 2 + row**2))
    with h5py.File(path, "w") as file:
        for number in range(groups):
            noise = rng.uniform(0, 0.02, (CAMERA_COUNT, SNAPSHOTS, pixels, pixels)).astype(np.float16)
            images = np.where(base > 0.05, base + noise, 0).clip(0, 1).astype(np.float16)[..., None]
            create_group(file, group_name(1, 0.25 + 0.25 * number), images, np.arange(SNAPSHOTS) * 5, {})


def load_by_appending(path):
    """Load all images as upstream's loader does: its access pattern, in other words."""
    images, labels = None, np.empty(0, str)
    with h5py.File(path) as file:
        for name in file:
            for camera in range(CAMERA_COUNT):
                chosen = np.random.default_rng(camera).permutation(SNAPSHOTS)
                batch = file[name][images_name(camera)][:][chosen]
                images = batch if images is None else np.append(images, batch, axis=0)
                for t_myr in file[name][times_name(camera)][:][chosen]:
                    labels = np.append(labels, f"{t_myr}_{camera}")
    return images, labels


def prepare(directory, catalogue, pixels):
    """Take the same file from selection to prepared files."""
    dataset, subset = directory / "images.hdf5", directory / "subset.hdf5"
    select_images(dataset, catalogue, subset, CAMERA_COUNT, groups=["s_*"])
    table, _ = label_images(list_images(subset), "time_camera")
    table = split_images(table, "line_of_sight", validation=0.15, test=0.15, seed=1)
    outputs = {split: directory / f"{split}.hdf5" for split in SPLITS}
    prepare_images(subset, table, pixels, "uint8", 1, outputs, 2**30)
    return outputs


def consume(batches):
    """Go through all batches, as training does, without training."""
    return sum(int(labels.shape[0]) for _, labels in batches)


def main(pixels=256, groups=3):
    """Measure and print."""
    configure_tensorflow(1)
    from deepgalaxy.training.data.deal import Dealing
    from deepgalaxy.training.data.shard import Shard
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions
    from deepgalaxy.training.ranks.communicator import SingleRank
    from deepgalaxy.training.steps import TrainingStep, make_optimizer

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        make_dataset(directory / "images.hdf5", pixels, groups)
        appended, _ = seconds(load_by_appending, directory / "images.hdf5", repeats=1)
        verifying, catalogue = seconds(catalogue_dataset, directory / "images.hdf5", repeats=1)
        preparing, outputs = seconds(prepare, directory, catalogue, pixels, repeats=1)
        everything = [slice(0, 10**9)]

        def read_all():
            shares = []
            for path in outputs.values():
                with h5py.File(path) as file:
                    everything[0] = slice(0, len(file["label"]))
                shares.append(Shard(path, list(everything), 2**40))
            return shares

        again, (share, *_) = seconds(read_all)
        total = groups * CAMERA_COUNT * SNAPSHOTS
        print(f"{total} images of {pixels} pixels, one core")
        print(f"first contact: appending {appended:.1f} s, selecting to preparing {preparing:.1f} s:", end=" ")
        print(f"{appended / preparing:.1f} x (verifying every image before, once: {verifying:.1f} s)")
        print(f"repeated: appending {appended:.1f} s, reading what is prepared {again:.2f} s: {appended / again:.0f} x")

        order = Dealing(len(share.labels), 1, 0, 1).order(0, 1, share.run, share.window)
        copying, _ = seconds(share.images.copy)
        for what, held in (("memory", share), ("file", Shard(share.path, share.slices, 0))):
            feeding, fed = seconds(lambda held=held: consume(held.batches(order, BATCH_SIZE)))
            print(f"feeding from {what}: {fed / feeding:.0f} images/s, {copying / feeding:.2f} of copying memory")
        options = TrainingOptions("reference_cnn", 1, BATCH_SIZE)
        network = build_network(options, pixels, "uint8", 10)
        step = TrainingStep(network, make_optimizer(options), SingleRank(), options)
        images, labels = share.images[:BATCH_SIZE], share.labels[:BATCH_SIZE] % 10
        training, _ = seconds(step.update, images, labels, 0.001, np.zeros(2, np.float32), repeats=5)
        print(f"training of the reference network: {BATCH_SIZE / training:.0f} images/s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
