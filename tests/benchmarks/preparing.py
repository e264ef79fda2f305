"""Benchmark of the stages that read a whole dataset, run by hand:
``python tests/benchmarks/preparing.py [pixels] [groups] [--prepared PIXELS] [--morphology]``.

By default the dataset is as large as the published one of 512 pixels. It is made in a temporary directory, of one
merger over and over; with the prepared images it takes 13 GB there. Each stage has all cores, and is compared with
reading and unpacking every image once by HDF5 in as many processes. The digests tell whether two versions make the same
of it.
"""

import argparse
import hashlib
import itertools
import os
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import cv2
import h5py
import numpy as np

from deepgalaxy.baselines.morphology import measure_morphology
from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.dataset.layout import group_name, images_name
from deepgalaxy.parallel import in_processes
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.datasets import create_group

SNAPSHOTS = 71


def make_dataset(path, pixels, groups):
    """Write smooth images that pack about as well as rendered ones, the same in each group."""
    rng, row = np.random.default_rng(1), np.linspace(-3, 3, pixels, dtype=np.float32)
    base = np.exp(-(row[:, None] ** 2 + row**2))
    images = np.empty((CAMERA_COUNT, SNAPSHOTS, pixels, pixels, 1), np.float16)
    for number in itertools.product(range(CAMERA_COUNT), range(SNAPSHOTS)):
        images[number] = np.where(base > 0.05, base + 0.02 * rng.random(base.shape, np.float32), 0)[..., None].clip(
            0, 1
        )
    with h5py.File(path, "w") as file:
        names = [group_name(*ratios) for ratios in itertools.product(np.arange(1, 7) / 4, repeat=2)][:groups]
        create_group(file, names[0], images, np.arange(SNAPSHOTS) * 5, {})
        for name in names[1:]:
            file.copy(names[0], name)


def read_group(path, name):
    """Read and unpack all images of a group, one camera after the other."""
    with h5py.File(path) as file:
        for camera in range(CAMERA_COUNT):
            file[name][images_name(camera)][:]


def read_all(path, processes):
    """Read and unpack every image once."""
    with h5py.File(path) as file:
        names = list(file)
    list(in_processes(partial(read_group, path), names, processes))


def prepare(directory, catalogue, pixels, processes):
    """Take the dataset from selection to prepared files."""
    subset = directory / "subset.hdf5"
    select_images(directory / "images.hdf5", catalogue, subset, CAMERA_COUNT, groups=["s_*"])
    table, _ = label_images(list_images(subset), "time")
    table = split_images(
        table, "simulation" if table["group"].nunique() > 2 else "line_of_sight", 0.15, seed=1, test=0.15
    )
    outputs = {split: directory / f"{split}.hdf5" for split in SPLITS}
    prepare_images(subset, table, pixels, "uint8", 1, outputs, 2**30, processes)
    return outputs


def measured(function, *args):
    """Return the seconds that a call took, on the clock and of processors, and what it returned."""

    def of_processors():
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before, start = of_processors(), time.perf_counter()
    result = function(*args)
    return time.perf_counter() - start, of_processors() - before, result


def digest(outputs):
    """Return a digest of all that is in the prepared files."""
    found = hashlib.sha256()
    for path in outputs.values():
        with h5py.File(path) as file:
            for name in sorted(file):
                for start in range(0, len(file[name]), 1000):
                    found.update(file[name][start : start + 1000].tobytes())
    return found.hexdigest()[:16]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pixels", type=int, nargs="?", default=512)
    parser.add_argument("groups", type=int, nargs="?", default=36)
    parser.add_argument(
        "--prepared", type=int, help="pixels of prepared images, as many as the dataset has if left out"
    )
    parser.add_argument("--morphology", action="store_true", help="of the prepared images, too")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    processes = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        dataset = directory / "images.hdf5"
        make_dataset(dataset, args.pixels, args.groups)
        size = dataset.stat().st_size / 1e9
        print(
            f"{args.groups * CAMERA_COUNT * SNAPSHOTS} images of {args.pixels} pixels, {size:.1f} GB, {processes} cores"
        )
        print("| stage | seconds | core seconds | cores busy | over reading once | digest |\n|---|---|---|---|---|---|")
        once, once_cores, _ = measured(read_all, dataset, processes)

        def tell(stage, seconds, cores, digest=""):
            ratio = f"{seconds / once:.2f}, of core seconds {cores / once_cores:.2f}"
            print(f"| {stage} | {seconds:.1f} | {cores:.1f} | {cores / seconds:.2f} | {ratio} | {digest} |", flush=True)

        tell("reading once", once, once_cores)
        seconds, cores, catalogue = measured(catalogue_dataset, dataset, (), processes)
        tell("catalogue_dataset", seconds, cores, hashlib.sha256(catalogue.to_csv().encode()).hexdigest()[:16])
        seconds, cores, outputs = measured(prepare, directory, catalogue, args.prepared or args.pixels, processes)
        tell("select, label, split, prepare_images", seconds, cores, digest(outputs))
        if args.morphology:
            seconds, cores, table = measured(measure_morphology, outputs, processes)
            tell("measure_morphology", seconds, cores, hashlib.sha256(table.to_csv().encode()).hexdigest()[:16])


if __name__ == "__main__":
    main()
