"""Packed images are read in whole chunks, each once, within the memory that is said."""

import sys

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.dataset.layout import images_name, times_name
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 80), st.integers(0, 79), st.integers(0, 4000))
def test_pieces_are_all_images_and_end_where_chunks_do(count, together, offset, most_bytes):
    pieces = Pieces(together, offset % together, image_bytes=10, chunk_bytes=0)
    slices = pieces.slices(count, most_bytes)
    assert [number for part in slices for number in range(part.start, part.stop)] == list(range(count))
    assert all((part.stop + pieces.offset) % together == 0 for part in slices[:-1])
    assert all(part.stop - part.start <= max(together, most_bytes // 10) for part in slices)


SNAPSHOTS = 24


def write_dataset(path, chunks, pixels=64):
    """Write images that do not pack, so gzip is not to try, in chunks of so many; return them, one camera after the
    other."""
    images = np.random.default_rng(1).integers(1, 256, (14, SNAPSHOTS, pixels, pixels, 1), np.uint8)
    with h5py.File(path, "w") as file:
        for camera, sequence in enumerate(images):
            name = f"s_1_m_1/{images_name(camera)}"
            packing = {"compression": "gzip", "compression_opts": 0, "shuffle": True}
            file.create_dataset(name, data=sequence, chunks=(chunks, *sequence.shape[1:]), **packing)
            file[f"s_1_m_1/{times_name(camera)}"] = np.arange(SNAPSHOTS) * 5
    return images


def select(dataset, subset, **selection):
    catalogue = catalogue_dataset(dataset)
    select_images(dataset, catalogue, subset, 14, groups=["s_*"], **selection)
    table, _ = label_images(list_images(subset), "time")
    return catalogue, split_images(table, "line_of_sight", validation=0.2, test=0.2, seed=1)


def bytes_read():
    with open("/proc/self/io") as file:
        return int(next(line.split()[1] for line in file if line.startswith("rchar")))


@pytest.mark.parametrize("window", [None, (25, 110)])
@pytest.mark.parametrize("chunks", [10, SNAPSHOTS])
def test_each_chunk_is_read_once_however_little_memory_there_is(tmp_path, monkeypatch, chunks, window):
    images = write_dataset(tmp_path / "images.hdf5", chunks, pixels=256)
    _, table = select(tmp_path / "images.hdf5", tmp_path / "subset.hdf5", time_myr=window)
    roomy, outputs = ({split: tmp_path / f"{split}{kind}.hdf5" for split in SPLITS} for kind in ("-roomy", ""))
    monkeypatch.setattr("deepgalaxy.sample.prepare.in_processes", lambda function, tasks, _: map(function, tasks))
    prepare_images(tmp_path / "subset.hdf5", table, 256, "uint8", 1, roomy, memory_bytes=2**30)
    before = bytes_read()
    prepare_images(tmp_path / "subset.hdf5", table, 256, "uint8", 1, outputs, memory_bytes=10 * 256**2)
    assert bytes_read() - before < 1.2 * (tmp_path / "images.hdf5").stat().st_size
    first = 5 if window else 0
    for split, path in outputs.items():
        assert path.read_bytes() == roomy[split].read_bytes()
        with h5py.File(path) as file:
            rows = table.loc[file["row"][:]]
            np.testing.assert_array_equal(file["images"][:], images[rows["camera"], rows["snapshot"] + first])


def test_the_catalogue_says_what_memory_a_piece_takes(tmp_path):
    for chunks, least in ((1, 64**2 * 4), (SNAPSHOTS, 64**2 * 4 * SNAPSHOTS)):
        write_dataset(tmp_path / "images.hdf5", chunks)
        assert set(catalogue_dataset(tmp_path / "images.hdf5")["least_bytes"]) == {least}


MEASURE = """
import sys
import pandas as pd
from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.sample.prepare import prepare_images
from support.memory import peak_growth
dataset, subset, table, budget = *sys.argv[1:3], pd.read_csv(sys.argv[3]), int(sys.argv[4])
outputs = {split: f"{subset}.{split}" for split in table["split"].unique()}
with peak_growth() as reading:
    catalogue_dataset(dataset)
with peak_growth() as preparing:
    prepare_images(subset, table, 64, "uint8", 1, outputs, budget, 4)
print(reading[0], preparing[0])
"""


def test_a_chunk_of_a_whole_camera_takes_what_the_catalogue_says(tmp_path, run, root):
    write_dataset(tmp_path / "images.hdf5", SNAPSHOTS, pixels=1024)
    catalogue, table = select(tmp_path / "images.hdf5", tmp_path / "subset.hdf5")
    table.to_csv(tmp_path / "split.csv", index=False)
    least = catalogue["least_bytes"].max()
    assert least == 4 * 24 * 2**20
    result = run(
        *(sys.executable, "-c", MEASURE, tmp_path / "images.hdf5", tmp_path / "subset.hdf5", tmp_path / "split.csv"),
        least // 2,
        env={"PYTHONPATH": f"{root / 'workflow/scripts'}:{root / 'tests'}"},
    )
    assert result.returncode == 0, result.stderr
    # One process holds one chunk, though four are there and the budget is half as large; it takes some MB of its own.
    assert all(int(growth) < least + 48 * 2**20 for growth in result.stdout.split()), result.stdout
