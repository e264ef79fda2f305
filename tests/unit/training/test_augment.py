"""Augmentation of training images: what is drawn, what depends on it, and what it does to an image."""

import h5py
import numpy as np
import pytest

from deepgalaxy.image import FAINTEST, disc
from deepgalaxy.resampling import Sight, light_of, reduced, store, to_store
from deepgalaxy.training.data.augment import Augmentation, Numbers, Ranges, draw, read_background
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Shard, TrainingImages

PIXELS, SIDE, COUNT = 16, 40, 60
SEEN = Sight(PIXELS, "uint8", "disc", 2, 80.0)
EVERYTHING = Ranges(True, "any", (0.7, 1.4), 0.1, (0.0, 2.0), (0.0, 1.0), (0.5, 2.0))


@pytest.fixture
def prepared(tmp_path):
    path = tmp_path / "train.hdf5"
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 256, (COUNT, SIDE, SIDE, 1), np.uint8)
    with h5py.File(path, "w") as file:
        file["frames"] = frames
        file["images"] = np.array([to_store(reduced(light_of(one[..., 0]), SEEN), SEEN) for one in frames])[..., None]
        file["label"] = np.arange(COUNT, dtype=np.int32)
        file.attrs.update({"shape": "disc", "oversampling": 2, "half_width_kpc": 80.0})
    return path


def all_turns(image):
    return [np.rot90(mirrored, turns) for mirrored in (image, np.flip(image, 1)) for turns in range(4)]


@pytest.mark.parametrize(
    ("ranges", "allowed"),
    [
        (Ranges(mirror=True), [0, 4]),
        (Ranges(turn="quarter"), [0, 1, 2, 3]),
        (Ranges(mirror=True, turn="quarter"), range(8)),
        (Ranges(), [0]),
    ],
)
def test_images_are_mirrored_and_turned_in_all_ways_asked_for_and_in_no_other(ranges, allowed):
    image = np.random.default_rng(1).integers(0, 256, (PIXELS, PIXELS, 1), np.uint8)
    augmentation = Augmentation(ranges, SEEN, 7)
    assert augmentation.source == "images"
    results = augmentation.apply(np.repeat(image[None], 400, axis=0), np.arange(400), 1)
    counts = [sum(np.array_equal(result, turn) for result in results) for turn in all_turns(image)]
    assert sum(counts) == 400
    for number, count in enumerate(counts):
        # 400 draws scatter by at most 10 about their mean.
        assert count == pytest.approx(400 / len(allowed), abs=50) if number in allowed else count == 0


def test_a_draw_depends_on_seed_image_and_epoch_alone():
    draws = {
        (seed, place, epoch): draw(EVERYTHING, Numbers(seed), place, epoch)
        for seed in (1, 2)
        for place in (0, 1, 70_000)
        for epoch in (1, 2)
    }
    assert len(set(draws.values())) == 12
    assert draw(EVERYTHING, Numbers(2), 70_000, 1) == draws[2, 70_000, 1]
    only_turned = draw(Ranges(turn="any"), Numbers(2), 70_000, 1)
    assert (
        only_turned.gain == 1
        and only_turned.move.angle == draws[2, 70_000, 1].move.angle
        and only_turned.move.scale == 1
    )


def test_draws_fill_their_ranges_evenly():
    numbers = Numbers(5)
    draws = [draw(EVERYTHING, numbers, place, 3) for place in range(2000)]
    for values, low, high in (
        ([one.move.angle for one in draws], 0, 360),
        ([np.log(one.move.scale) for one in draws], np.log(0.7), np.log(1.4)),
        ([one.move.right for one in draws], -0.1, 0.1),
        ([one.move.down for one in draws], -0.1, 0.1),
        ([one.blur_kpc for one in draws], 0, 2),
        ([one.sky for one in draws], 0, 1),
        ([np.log(one.gain) for one in draws], np.log(0.5), np.log(2)),
    ):
        assert min(values) >= low and max(values) <= high
        assert np.histogram(values, 4, (low, high))[0] == pytest.approx(500, abs=80)


def augmented(prepared, ranges, size, batch_size, epoch=1, memory=2**20, seed=3):
    """Every image that an epoch takes on ``size`` ranks, by its label, which is its place."""
    found = {}
    for rank in range(size):
        augmentation = Augmentation(ranges, SEEN, seed)
        images = TrainingImages(prepared, Dealing(COUNT, size, 1, seed=1), rank, memory, augmentation)
        images.load(epoch)
        for batch, labels in images.batches(epoch, batch_size, 0, COUNT):
            found |= {int(label): image.numpy() for label, image in zip(labels, batch)}
    return found


@pytest.mark.parametrize("ranges", [EVERYTHING, Ranges(mirror=True, turn="quarter")])
def test_any_number_of_ranks_sees_the_same_augmentation_of_an_image(prepared, ranges):
    alone = augmented(prepared, ranges, 1, 7)
    assert len(alone) == COUNT
    for other in (augmented(prepared, ranges, 3, 4), augmented(prepared, ranges, 1, 16, memory=0)):
        assert other.keys() == alone.keys()
        for place, image in other.items():
            np.testing.assert_array_equal(image, alone[place])
    later = augmented(prepared, ranges, 1, 7, epoch=2)
    # A turn by quarters and a mirror may come up twice.
    assert sum(np.array_equal(later[place], alone[place]) for place in alone) < COUNT / 3


def test_an_epoch_goes_on_as_it_would_have(prepared):
    images = TrainingImages(prepared, Dealing(COUNT, 1, 0, seed=1), 0, 2**20, Augmentation(EVERYTHING, SEEN, 3))
    images.load(1)
    whole, rest = (list(images.batches(1, 8, first, 8)) for first in (0, 5))
    for one, other in zip(whole[5:], rest, strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_places_in_the_file_are_those_of_the_slices(prepared):
    shard = Shard(prepared, [slice(50, 60), slice(0, 5)], 2**20)
    assert shard.places_in_file(np.array([0, 9, 10, 14, 3])).tolist() == [50, 59, 0, 4, 53]
    assert shard.labels.tolist() == shard.places_in_file(np.arange(15)).tolist()


def test_a_quarter_turn_by_resampling_is_that_of_the_image(prepared):
    with h5py.File(prepared) as file:
        frames, images = file["frames"][:], file["images"][:]
    places = np.arange(COUNT)
    exact = Augmentation(Ranges(True, "quarter"), SEEN, 3).apply(images, places, 1)
    faint = Ranges(True, "quarter", sky=(1e-9, 1e-9))  # which resamples, and changes nothing
    resampled = Augmentation(faint, SEEN, 3).apply(frames, places, 1)
    assert np.abs(exact.astype(int) - resampled).max() <= 1


def dark(count, level=0.0):
    frame = np.full((SIDE, SIDE), level, np.float32) * disc(SIDE)
    return np.repeat(store(frame, "float16")[None, ..., None], count, axis=0)


def test_the_noise_of_the_sky_has_its_standard_deviation_in_light():
    sight = Sight(PIXELS, "float16", "square", 2, 80.0)
    level = 20 * FAINTEST  # bright enough for the noise not to be cut at zero
    found = Augmentation(Ranges(sky=(2.0, 2.0)), sight, 3).apply(dark(50, level), np.arange(50), 1)
    light = light_of(found[..., 0])[:, 4:-4, 4:-4] / FAINTEST
    assert light.std() == pytest.approx(2, rel=0.05)
    assert light.mean() == pytest.approx(20, abs=0.2)
    assert abs(np.corrcoef(light[0].ravel(), light[1].ravel())[0, 1]) < 0.5


def test_a_gain_is_of_the_light_and_not_of_the_sky():
    sight = Sight(PIXELS, "float16", "square", 2, 80.0)
    frames, places = dark(4, 1e-3), np.arange(4)
    brighter, both = (Augmentation(Ranges(sky=sky, gain=(3, 3)), sight, 3) for sky in ((0, 0), (2, 2)))
    assert brighter.source == "frames"
    light = light_of(brighter.apply(frames, places, 1)[..., 0])[:, 4:-4, 4:-4]
    np.testing.assert_allclose(light, 3e-3, rtol=0.02)
    with_sky = light_of(both.apply(frames, places, 1)[..., 0])[:, 4:-4, 4:-4]
    assert (with_sky - light).std() / FAINTEST == pytest.approx(2, rel=0.15)


def test_a_cut_out_of_the_sky_is_added_in_light_turned_by_quarters():
    sight = Sight(PIXELS, "float16", "square", 2, 80.0)
    cutout = np.zeros((PIXELS, PIXELS), np.float32)
    cutout[3, 5] = 4
    background = np.array([cutout, 2 * cutout])
    found = Augmentation(Ranges(sky=(3.0, 3.0)), sight, 3, background).apply(dark(80, 1e-3), np.arange(80), 1)
    plain = light_of(to_store(reduced(light_of(dark(1, 1e-3)[0, ..., 0]), sight), sight))
    added = (light_of(found[..., 0]) - plain) / FAINTEST
    kinds = [np.rot90(one, turn) for one in background for turn in range(4)]
    which = [np.argmin([np.abs(image - 3 * kind).max() for kind in kinds]) for image in added]
    assert set(which) == set(range(8))
    for image, kind in zip(added, which):
        np.testing.assert_allclose(image, 3 * kinds[kind], atol=0.2)


def test_a_background_of_another_size_is_refused(tmp_path):
    path = tmp_path / "sky.hdf5"
    with pytest.raises(ValueError, match="no file of cut-outs"):
        read_background(path, PIXELS)
    with h5py.File(path, "w") as file:
        file["light"] = np.zeros((2, 8, 8), np.float32)
    with pytest.raises(ValueError, match="no cut-outs of 16 × 16 pixels"):
        read_background(path, PIXELS)
    assert read_background(path, 8).shape == (2, 8, 8)
