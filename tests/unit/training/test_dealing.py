"""Dealing images to ranks: every image once in an epoch, in every mode; and the two ways to hold a share."""

import sys
from itertools import pairwise

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.resampling import Sight
from deepgalaxy.training.data.deal import Dealing, equal_part, shuffled_by_windows
from deepgalaxy.training.data.prepared import PreparedData
from deepgalaxy.training.data.shard import Shard, images_of_rank
from deepgalaxy.training.ranks.buckets import buckets


def images_taken(dealing, rank, epoch, run=2, window=8):
    """The images of the file that a rank takes in an epoch, in order."""
    held = np.concatenate([np.arange(part.start, part.stop) for part in dealing.held(rank, epoch)])
    return held[dealing.order(rank, epoch, run, window)]


@settings(deadline=None)
@given(
    size=st.integers(1, 512),
    more=st.integers(0, 3000),
    mode=st.integers(-1, 3),
    epoch=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_an_epoch_takes_every_image_once_over_all_ranks(size, more, mode, epoch, seed):
    dealing = Dealing(size + more, size, mode, seed)
    taken = [images_taken(dealing, rank, epoch) for rank in range(size)]
    # All ranks take the same number, hence the same steps, and fewer images than ranks are left over.
    assert {len(images) for images in taken} == {dealing.images_per_rank}
    everything = np.concatenate(taken)
    assert len(np.unique(everything)) == len(everything)
    assert everything.min() >= 0 and everything.max() < dealing.total
    assert 0 <= dealing.total - len(everything) < size
    # The same on every rank, without asking.
    again = Dealing(size + more, size, mode, seed)
    np.testing.assert_array_equal(taken[-1], images_taken(again, size - 1, epoch))


@pytest.mark.parametrize("mode", [-1, 0, 1, 2])
def test_deals_change_when_the_mode_says_so(mode):
    dealing = Dealing(1003, 4, mode, 1)
    held = [tuple(np.r_[tuple(dealing.held(1, epoch))]) for epoch in (1, 2, 3)]
    taken = [tuple(images_taken(dealing, 1, epoch)) for epoch in (1, 2, 3)]
    assert len(set(taken)) == 3, "the order is another in each epoch"
    assert (held[0] == held[1]) == (mode != 1)
    assert (held[1] == held[2]) == (mode in (-1, 0))
    if mode == 2:
        # A new share mixes images of several old ones.
        before = [set(np.r_[tuple(dealing.held(rank, 1))]) for rank in range(4)]
        assert all(len(set(held[2]) & share) > 0 for share in before)


@pytest.mark.parametrize("mode", [-1, 0, 1])
@pytest.mark.parametrize(("total", "size"), [(1003, 4), (11, 4), (515, 512)])
def test_other_images_are_left_over_in_each_epoch(mode, total, size):
    dealing = Dealing(total, size, mode, 1)
    left = []
    for epoch in range(1, 21):
        taken = np.concatenate([images_taken(dealing, rank, epoch) for rank in range(size)])
        left.append(tuple(np.setdiff1d(np.arange(total), taken)))
    assert {len(images) for images in left} == {dealing.left_over} == {3}
    assert len(set(left)) > 7
    # In the long run, every image that a rank might leave out is taken.
    assert not set.intersection(*map(set, left))


def test_shards_of_mode_0_are_everything_and_of_nearly_one_size():
    held = [Dealing(1003, 4, 0, 1).held(rank, 1) for rank in range(4)]
    assert [len(parts) for parts in held] == [1] * 4
    assert np.concatenate([np.r_[parts[0]] for parts in held]).tolist() == list(range(1003))
    assert {parts[0].stop - parts[0].start for parts in held} == {250, 251}


def test_a_share_is_read_in_few_runs():
    for size in (1, 3, 64):
        dealing = Dealing(64 * 100 + 5, size, 1, 2)
        for epoch in range(1, 5):
            assert all(len(dealing.held(rank, epoch)) <= 10 for rank in range(size))


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 60), st.integers(1, 10), st.integers(0, 2**32 - 1))
def test_windows_are_shuffled_and_hold_whole_runs(count, run, runs, seed):
    order = shuffled_by_windows(count, run, run * runs, seed)
    assert sorted(order) == list(range(count))
    for start in range(0, count, run * runs):
        held = np.sort(order[start : start + run * runs])
        assert (held[::run] % run == 0).all(), "runs are whole, but for the last of all"
        assert len(np.unique(held // run)) == -(-len(held) // run)


@pytest.mark.parametrize(("pixels", "dtype"), [(64, "uint8"), (256, "uint8"), (512, "float16"), (2048, "float16")])
def test_epochs_mix_all_of_a_share_whatever_the_size_of_an_image(pixels, dtype):
    share = Shard.__new__(Shard)  # without the file, which would have up to 32 GB
    share.image_shape, share.dtype = (pixels, pixels, 1), np.dtype(dtype)
    count = max(4000, 8 * 2**25 // share.image_bytes)
    dealing, batch = Dealing(count, 1, 0, 1), 32
    epochs = [dealing.order(0, epoch, share.run, share.window) for epoch in (1, 2)]
    # Which batch each image is in: those of one batch are spread over some tens in the next epoch, and over the file.
    place = np.empty((2, count), int)
    for number, order in enumerate(epochs):
        place[number, order] = np.arange(count) // batch
    first = epochs[0][:batch]
    assert len(np.unique(place[1, first])) >= 20
    assert np.ptp(first) > 0.8 * count


@given(st.integers(1, 5000), st.integers(1, 512))
def test_validation_parts_are_all_images(total, size):
    parts = [equal_part(total, rank, size) for rank in range(size)]
    assert parts[0].start == 0 and parts[-1].stop == total
    assert all(one.stop == other.start for one, other in pairwise(parts))


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A prepared file of 101 images, each told by its first pixels, and runs of two images, windows of ten."""
    images = np.random.default_rng(1).integers(0, 256, (101, 4, 4, 1), np.uint8)
    images[:, 0, 0, 0] = np.arange(101)
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"], file["label"] = images, np.arange(101, dtype=np.int32)
    monkeypatch.setattr("deepgalaxy.training.data.shard.RUN_BYTES", 32)
    monkeypatch.setattr("deepgalaxy.training.data.shard.WINDOW_BYTES", 160)
    return tmp_path / "train.hdf5"


@pytest.mark.parametrize("mode", [-1, 0, 1])
@pytest.mark.parametrize("batch_size", [1, 7, 16, 200])
def test_streamed_batches_are_those_held_in_memory(prepared, mode, batch_size):
    dealing = Dealing(101, 3, mode, 4)
    shares = [Shard(prepared, dealing.held(2, 5), memory_bytes) for memory_bytes in (2**20, 100)]
    assert shares[0].images is not None and shares[1].images is None
    order = dealing.order(2, 5, shares[0].run, shares[0].window)
    held, streamed = (list(share.batches(order, batch_size)) for share in shares)
    assert len(held) == len(streamed) == -(-33 // batch_size)
    for (images, labels), (others, other_labels) in zip(held, streamed):
        np.testing.assert_array_equal(images, others)
        np.testing.assert_array_equal(labels, other_labels)
        np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in held]), images_taken(dealing, 2, 5, 2, 10))


@pytest.mark.parametrize(("images", "held"), [(202, (101, 101)), (201, (0, 101)), (101, (0, 101)), (100, (100, 0))])
def test_the_budget_is_for_training_and_validation_images_together(prepared, images, held):
    # As many images to train on, less one where they would fit all by themselves.
    count, about = held[0] or 101, {"classes_ordered": True, "classes_cameras": frozenset()}
    data = PreparedData(prepared, prepared, Sight(4, "uint8"), count, 101, 2, **about)
    training, validation = images_of_rank(data, Dealing(count, 1, 0, 1), 0, images * 16)
    training.load(1)
    assert (training.shard.held_bytes, validation.held_bytes) == tuple(16 * number for number in held)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=50), st.integers(0, 3000))
def test_buckets_hold_every_tensor_once_from_the_last_to_the_first(sizes, bucket_bytes):
    groups = buckets(sizes, bucket_bytes)
    assert [place for group in groups for place in group] == list(reversed(range(len(sizes))))
    held = [[sizes[place] for place in group] for group in groups]
    if bucket_bytes:
        assert all(sum(group) >= bucket_bytes > sum(group[:-1]) for group in held[:-1])
        assert sum(held[-1][:-1]) < bucket_bytes
    else:
        assert len(groups) == 1


def test_more_images_than_a_file_holds_are_refused(prepared):
    with pytest.raises(ValueError, match=r"train.hdf5 ends before the images that it should hold"):
        Shard(prepared, [slice(0, 100_000)], 2**20)


def test_half_precision_and_short_reads_come_out_whole(tmp_path):
    images = np.random.default_rng(1).uniform(size=(20, 4, 4, 1)).astype(np.float16)
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"], file["label"] = images, np.arange(20, dtype=np.int32)
    share = Shard(tmp_path / "train.hdf5", [slice(15, 20), slice(0, 3)], 2**20)
    np.testing.assert_array_equal(share.images, images[[15, 16, 17, 18, 19, 0, 1, 2]])
    assert share.labels.tolist() == [15, 16, 17, 18, 19, 0, 1, 2]


FILE_BYTES = 4096 * 128 * 128


@pytest.fixture
def measure(tmp_path, run, root):
    """A function that runs code on a prepared file of FILE_BYTES, in a process of its own, and returns what it printed,
    word by word."""
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"] = np.random.default_rng(1).integers(0, 256, (4096, 128, 128, 1), np.uint8)
        file["label"] = np.zeros(4096, np.int32)

    def measure(code, *arguments):
        result = run(
            *(sys.executable, "-c", code, tmp_path / "train.hdf5", *arguments),
            env={"PYTHONPATH": f"{root / 'workflow/scripts'}:{root / 'tests'}"},
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.split()

    return measure


MEASURE_READING = """
import sys
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Shard
path, total, *numbers = sys.argv[1], *map(int, sys.argv[2:])
def bytes_read():
    return int(next(line.split()[1] for line in open("/proc/self/io") if line.startswith("rchar")))
def read_all(size, mode):
    dealing = Dealing(total, size, mode, 1)
    before = bytes_read()
    for rank in range(size):
        Shard(path, dealing.held(rank, 3), 2**40)
    return bytes_read() - before
Shard(path, [slice(0, 8)], 2**40)
print(*(read_all(size, mode) for size, mode in zip(numbers[::2], numbers[1::2])))
"""


def test_a_deal_reads_each_byte_once(measure):
    deals = [(1, 0), (1, 1), (1, -1), (4, 0), (4, 2), (64, 0), (64, 1)]  # ranks, mode
    for deal, read in zip(deals, measure(MEASURE_READING, 4096, *sum(deals, ())), strict=True):
        assert FILE_BYTES * 0.98 < int(read) <= 1.02 * FILE_BYTES, deal


MEASURE_HOLDING = """
import sys
import numpy as np, tensorflow as tf
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Shard
from support.memory import peak_growth
path, mode = sys.argv[1], int(sys.argv[2])
warm = Shard(path, [slice(0, 8)], 2**40)
list(warm.batches(np.arange(8), 4))
dealing, epoch = Dealing(4096, 1, mode, 1), 3
with peak_growth() as growth:
    share = Shard(path, dealing.held(0, epoch), 2**40)
    for _ in share.batches(dealing.order(0, epoch, share.run, share.window), 64): pass
print(growth[0], share.images.nbytes)
"""


@pytest.mark.parametrize("mode", [0, 1, -1])
def test_a_deal_is_held_once(measure, mode):
    memory, share = map(int, measure(MEASURE_HOLDING, mode))
    assert share == FILE_BYTES
    assert share * 0.9 < memory <= 1.3 * share


MEASURE_STREAMING = """
import sys
import numpy as np
from deepgalaxy.training.data import shard as module
from support.memory import peak_growth
module.WINDOW_BYTES = 4 * 2**20
share = module.Shard(sys.argv[1], [slice(0, 4096)], 0)
assert share.images is None
list(share.batches(np.arange(8), 4))
with peak_growth() as growth:
    for _ in share.batches(np.arange(4096), 32): pass
print(growth[0] / module.WINDOW_BYTES)
"""


def test_a_streamed_share_takes_a_few_windows_of_memory(measure):
    """Up to two windows as read, two shuffled, and the batches that TensorFlow has in hand; the file is sixteen."""
    (windows,) = measure(MEASURE_STREAMING)
    assert 1 < float(windows) < 6


def test_properties_travel_with_the_labels(tmp_path):
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        file["images"], file["label"] = np.zeros((5, 4, 4, 1), np.uint8), np.arange(5, dtype=np.int32)
        file["properties"] = np.stack([np.arange(5) * 10, np.full(5, np.nan)], axis=1).astype(np.float32)
        file["properties"].attrs["columns"] = ["t_peri_myr", "merged"]
    slices = [slice(3, 5), slice(0, 1)]
    shard = Shard(tmp_path / "images.hdf5", slices, 0, properties=["t_peri_myr", "merged"])
    ((_, labels),) = shard.batches(np.array([2, 0, 1]), 3)
    np.testing.assert_array_equal(labels, np.array([[0, 0, np.nan], [3, 30, np.nan], [4, 40, np.nan]], np.float32))
    assert Shard(tmp_path / "images.hdf5", slices, 0).labels.dtype == np.int32
    with pytest.raises(ValueError, match=r"has the properties t_peri_myr, merged and not lone; give properties.csv"):
        Shard(tmp_path / "images.hdf5", slices, 0, properties=["lone"])
