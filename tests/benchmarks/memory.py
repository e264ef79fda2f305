"""Benchmark of memory, run by hand: ``python tests/benchmarks/memory.py [--architecture …] [--stages …] [pixels …]``.

Prints for each stage that works on images, and for each size of images, the most memory that it and its processes held
together, pages that they share counted once, and what its rule asks for at the first attempt. Each is measured in a
process of its own, on images that it makes in a temporary directory; the budget is the default one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.memory import peak_growth

SIZES = (64, 128, 256, 512, 1024, 2048)
BUDGET_MIB = 1024
PROCESSES = 8
MOST_BYTES = 2**28
"""Of images in a dataset that is made, at most, if these are at least two snapshots."""


def make_dataset(directory, pixels, chunk=1):
    """Write one merger, two blurred spots in noise, as float16."""
    import h5py
    import numpy as np

    from deepgalaxy.dataset.cameras import CAMERA_COUNT
    from deepgalaxy.dataset.layout import images_name, times_name

    rng = np.random.default_rng(1)
    row = np.linspace(-3, 3, pixels)
    spots = np.exp(-2 * ((row[:, None] - 0.5) ** 2 + row**2)) + np.exp(-4 * ((row[:, None] + 0.7) ** 2 + row**2))
    image = (spots / 2 + rng.uniform(0, 0.05, spots.shape)).clip(0, 1).astype(np.float16)[..., None]
    snapshots = min(71, max(2, MOST_BYTES // (CAMERA_COUNT * image.nbytes)))
    with h5py.File(directory / "images.hdf5", "w") as file:
        for camera in range(CAMERA_COUNT):
            images = np.broadcast_to(image, (snapshots, *image.shape))
            name, chunks = f"s_1_m_1/{images_name(camera)}", (min(chunk, snapshots), *image.shape)
            file.create_dataset(name, data=images, chunks=chunks, compression="lzf", shuffle=True)
            file[f"s_1_m_1/{times_name(camera)}"] = np.arange(snapshots) * 5


def make_prepared(directory, pixels):
    """Write a prepared file of 256 such images, uint8, or of fewer large ones, eight at least."""
    import h5py
    import numpy as np

    from deepgalaxy.image import prepare_image

    make_dataset(directory, pixels)
    with h5py.File(directory / "images.hdf5") as file, h5py.File(directory / "test.hdf5", "w") as prepared:
        image = prepare_image(file["s_1_m_1/images_camera_00"][0], pixels, "uint8")
        count = min(256, max(8, MOST_BYTES // image.nbytes))
        prepared["images"] = np.broadcast_to(image[..., None], (count, pixels, pixels, 1))
        for name in ("label", "target_myr", "row"):
            prepared[name] = np.arange(count) % 2


def render(directory, pixels, _architecture):
    """Take the images of two snapshots of ten thousand stars."""
    import h5py
    import numpy as np

    from deepgalaxy.simulation.photograph import render_galaxies

    rng = np.random.default_rng(1)
    with h5py.File(directory / "snapshots.hdf5", "w") as file:
        file["stars"], file["masses"] = rng.normal(size=(2, 10_000, 3)) * 5, np.ones(10_000)
        file["t_myr"] = np.arange(2.0)
        file["nuclei_kpc"] = file["nuclei_km_s"] = np.zeros((2, 2, 3))
        file.attrs["seed"] = 1
    render_galaxies(directory / "snapshots.hdf5", "s_1_m_1", pixels, 30.0, "fixed", directory / "rendered.hdf5")


def catalogue(directory, _pixels, _architecture):
    """Check the layout of the dataset."""
    from deepgalaxy.dataset.catalogue import catalogue_dataset

    return catalogue_dataset(directory / "images.hdf5", processes=PROCESSES)


def prepare(directory, pixels, architecture):
    """Select and prepare all images of the dataset."""
    from deepgalaxy.sample.label import label_images
    from deepgalaxy.sample.prepare import prepare_images
    from deepgalaxy.sample.select import list_images, select_images
    from deepgalaxy.sample.split import SPLITS, split_images

    subset = directory / "subset.hdf5"
    select_images(directory / "images.hdf5", catalogue(directory, pixels, architecture), subset, 14, groups=["s_*"])
    table = split_images(label_images(list_images(subset), "time")[0], "line_of_sight", 0.2, seed=1, test=0.2)
    outputs = {split: directory / f"{split}.hdf5" for split in SPLITS}
    prepare_images(subset, table, pixels, "uint8", 1, outputs, BUDGET_MIB * 2**20, PROCESSES)


def morphology(directory, _pixels, _architecture):
    """Measure the morphology of prepared images."""
    from deepgalaxy.baselines import morphology

    morphology.BLOCK = 1  # so that few images keep all processes busy
    morphology.measure_morphology({"test": directory / "test.hdf5"}, PROCESSES)


def pixels_of_baselines(directory, _pixels, _architecture):
    """Read prepared images as the baselines do that compare pixels."""
    from deepgalaxy.baselines.components import read_gallery

    read_gallery(directory / "test.hdf5")


def load(directory):
    """Return the network that lies there, and what it says that it takes."""
    from deepgalaxy.tensorflow_setup import configure_tensorflow

    configure_tensorflow(2)
    from deepgalaxy.network_memory import NetworkMemory
    from deepgalaxy.training.model_file import load_network

    return load_network(directory / "model.keras"), NetworkMemory.read(directory / "training.json")


def predict(directory, _pixels, _architecture):
    """Classify prepared images by two batches."""
    network, memory = load(directory)
    import h5py

    from deepgalaxy.evaluation.inference import apply_network
    from deepgalaxy.network_memory import batch_size

    images = batch_size(memory.to_predict, BUDGET_MIB)
    with h5py.File(directory / "test.hdf5") as file:
        apply_network(network, file["images"], min(2 * images, len(file["images"])), "images", images)


def explain(directory, _pixels, _architecture):
    """Explain one image."""
    network, memory = load(directory)
    import numpy as np

    from deepgalaxy.evaluation import saliency
    from deepgalaxy.network_memory import batch_size

    images = batch_size(memory.to_explain, BUDGET_MIB)
    saliency.STEPS = min(saliency.STEPS, 2 * images)
    shape = network.input_shape[1:3]
    saliency.integrated_gradients(network, np.ones((1, *shape), np.float32), np.array([0]), images)


STAGES = {
    "render_galaxies": render,
    "catalogue_dataset": catalogue,
    "prepare_images": prepare,
    "measure_morphology": morphology,
    "score_baselines": pixels_of_baselines,
    "predict_images": predict,
    "explain_examples": explain,
}
MAKE = {"catalogue_dataset": make_dataset, "prepare_images": make_dataset, "render_galaxies": lambda *_: None}


def make_network(directory, pixels, architecture):
    """Write an untrained network and what training would say of its memory."""
    from deepgalaxy.tensorflow_setup import configure_tensorflow

    configure_tensorflow(2)
    from deepgalaxy.network_memory import NetworkMemory
    from deepgalaxy.training.model_file import save_network
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.options import TrainingOptions

    network = build_network(TrainingOptions(architecture, 1, 1), pixels, "uint8", 10)
    save_network(network, directory / "model.keras")
    memory = {"memory_bytes": NetworkMemory.measure(network).as_record()}
    (directory / "training.json").write_text(json.dumps(memory))


def asked_mib(stage, directory, pixels):
    """Return what the rule of a stage asks for."""
    from deepgalaxy.cluster.resources import READING_MIB, morphology_mib, rendering_mib
    from deepgalaxy.network_memory import NetworkMemory, job_mib

    if stage in ("predict_images", "explain_examples"):
        memory = NetworkMemory.read(directory / "training.json")
        image_bytes = memory.to_predict if stage == "predict_images" else memory.to_explain
        return job_mib(memory.parameters, image_bytes, BUDGET_MIB)
    return {
        "render_galaxies": rendering_mib(pixels),
        "catalogue_dataset": READING_MIB,
        "prepare_images": READING_MIB + BUDGET_MIB,
        "measure_morphology": morphology_mib(pixels, PROCESSES),
        "score_baselines": 4000,
    }[stage]


def in_a_process(*arguments):
    """Run this file in a process of its own, and return what it printed last."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")[-2:][0]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pixels", type=int, nargs="*", default=SIZES, help="sizes of images")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES), help="rules")
    parser.add_argument("--architecture", default="reference_cnn", help="of the network that predicts")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "DIRECTORY"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        what, directory = args.child[0], Path(args.child[1])
        if what == "network":
            make_network(directory, args.pixels[0], args.architecture)
            return
        MAKE.get(what, make_prepared)(directory, args.pixels[0])
        with peak_growth(0.1) as growth:
            STAGES[what](directory, args.pixels[0], args.architecture)
        print(growth[0] // 2**20)
        return
    print("| stage | pixels | peak, MiB | asked for, MiB |\n|---|---|---|---|")
    for stage in args.stages:
        for pixels in args.pixels:
            with tempfile.TemporaryDirectory() as name:
                settings = (pixels, "--architecture", args.architecture)
                if stage in ("predict_images", "explain_examples"):
                    in_a_process(*settings, "--child", "network", name)
                peak = in_a_process(*settings, "--child", stage, name)
                print(f"| {stage} | {pixels} | {peak} | {asked_mib(stage, Path(name), pixels)} |", flush=True)


if __name__ == "__main__":
    main()
