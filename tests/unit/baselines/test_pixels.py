"""Nearest neighbours in the principal components of pixels, where the answer is known."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.baselines import components
from deepgalaxy.baselines.components import read_gallery, write_components
from deepgalaxy.baselines.pixels import Points, class_shares, find_neighbours, predict_from_pixels
from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.views import VIEWS, turned

CLASSES = pd.DataFrame({"label": range(4), "t_centre_myr": [25.0, 75.0, 125.0, 175.0]})
ALL = ["pixels", "pixels_other_lines_of_sight", "pixels_turned"]


@pytest.fixture
def sample(tmp_path):
    """A function that writes prepared files of five simulations, and returns their paths and the split table.

    ``draw`` makes an image (16, 16) in [0, 1] of its row in that table and a generator of random numbers.
    """

    def sample(draw, cameras=tuple(range(14)), repeats=2):
        random = np.random.default_rng(1)
        split = pd.DataFrame(
            [
                {"group": group, "camera": camera, "label": label, "target_myr": 25 + 50 * label, "split": part}
                for group, part in zip("abcde", ["train"] * 3 + ["validation", "test"])
                for camera in cameras
                for label in range(4)
                for _ in range(repeats)
            ]
        )
        images = np.array([draw(row, random) for row in split.itertuples()], np.float32)
        paths = {}
        for part in ("train", "validation", "test"):
            row = random.permutation(np.flatnonzero(split["split"] == part))
            paths[part] = tmp_path / f"{part}.hdf5"
            with h5py.File(paths[part], "w") as file:
                file["images"] = np.round(255 * np.clip(images[row], 0, 1)).astype(np.uint8)[..., None]
                file["row"] = row
        return paths, split

    return sample


def by_class(noise=0.05):
    """A function that draws a bright spot whose place tells the class, and noise."""

    def draw(row, random):
        image = noise * random.uniform(size=(16, 16))
        image[3 * row.label : 3 * row.label + 4, 1:5] = 1
        return image

    return draw


def baselines_of(paths, split, seed=1):
    file = paths["train"].with_name("components.hdf5")
    write_components(paths, seed, file)
    return list(predict_from_pixels(file, split, CLASSES))


def accuracies(baselines):
    return {baseline.name: baseline.test.right.mean() for baseline in baselines}


def test_pixels_that_tell_the_class_are_used(sample):
    paths, split = sample(by_class())
    found = baselines_of(paths, split)
    assert [baseline.name for baseline in found] == ALL
    assert accuracies(found)["pixels"] == accuracies(found)["pixels_other_lines_of_sight"] == 1
    for baseline in found:
        for part in ("validation", "test"):
            predictions = getattr(baseline, part)
            assert set(split["split"][predictions.row]) == {part} and len(predictions.row) == 14 * 4 * 2
            np.testing.assert_array_equal(predictions.label, split["label"][predictions.row])
            np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    assert found[0].setting == "components=16, k=1"  # the first of equals
    assert np.median(found[0].test.error_myr(CLASSES)) == 0


def test_what_is_known_of_the_own_line_of_sight_does_not_help_on_others(sample):
    # Each line of sight has a background of its own, and shows the classes in an order of its own.
    backgrounds = np.random.default_rng(2).uniform(size=(7, 16, 16))

    def draw(row, random):
        line = LINE_OF_SIGHT[row.camera]
        image = 0.5 * backgrounds[line] + 0.05 * random.uniform(size=(16, 16))
        place = (row.label + line) % 4
        image[4 * place : 4 * place + 3, :3] = 1
        return image

    found = accuracies(baselines_of(*sample(draw)))
    assert found["pixels"] > 0.95 and found["pixels_other_lines_of_sight"] < 0.5


def test_a_turned_image_is_found_in_the_turned_gallery_only(sample):
    # Of each class a pattern without symmetry, which is turned where it is not trained on.
    patterns = np.random.default_rng(3).uniform(size=(4, 16, 16))
    number = {"train": 0, "validation": 3, "test": 6}

    def draw(row, random):
        image = turned(patterns[[row.label]], number[row.split])[0]
        return np.clip(image + 0.1 * random.normal(size=(16, 16)), 0, 1)

    found = accuracies(baselines_of(*sample(draw)))
    assert found["pixels_turned"] == 1 and found["pixels"] < 0.7


def test_orientations_are_all_different_and_a_group():
    image = np.random.default_rng(1).uniform(size=(1, 8, 8))
    all_of = {turned(image, number).tobytes() for number in range(VIEWS)}
    assert len(all_of) == VIEWS == 8
    again = {turned(turned(image, 5), number).tobytes() for number in range(VIEWS)}
    assert again == all_of


def test_neighbours_are_the_nearest_of_other_lines_of_sight():
    place = np.array([[0.0, 9], [1, 9], [2, 0], [3, 0]])
    gallery = Points(place, np.arange(4), np.array([0, 1, 0, 1]))
    queries = Points(np.array([[0.1, 0], [3.1, 0]]), np.array([4, 5]), np.array([0, 1]))
    np.testing.assert_array_equal(find_neighbours(gallery, queries, 1, 2), [[1, 3], [2, 0]])
    np.testing.assert_array_equal(find_neighbours(gallery, queries, 2, 1), [[3], [2]])
    with pytest.raises(ValueError, match="n_neighbors"):
        find_neighbours(gallery, queries, 1, 3)
    np.testing.assert_allclose(class_shares(np.array([[0, 2], [1, 1]]), 3), [[0.5, 0, 0.5], [0, 1, 0]])


def test_the_same_seed_gives_the_same_numbers(sample):
    paths, split = sample(by_class(0.9), cameras=(0, 2, 6))
    one, again = (baselines_of(paths, split, seed=5) for _ in range(2))
    for first, second in zip(one, again, strict=True):
        assert (first.name, first.setting) == (second.name, second.setting)
        np.testing.assert_array_equal(first.test.probabilities, second.test.probabilities)


def test_the_test_images_choose_nothing(sample):
    paths, split = sample(by_class(0.95), cameras=(0, 2))
    before = baselines_of(paths, split)
    with h5py.File(paths["test"], "r+") as file:
        file["images"][:] = np.random.default_rng(1).integers(0, 256, file["images"].shape)
    scrambled = split.assign(label=np.where(split["split"] == "test", 3 - split["label"], split["label"]))
    after = baselines_of(paths, scrambled)
    for one, other in zip(before, after, strict=True):
        assert one.setting == other.setting
        np.testing.assert_array_equal(one.validation.probabilities, other.validation.probabilities)


def test_without_a_second_line_of_sight_there_is_no_such_baseline(sample):
    paths, split = sample(by_class(), cameras=(0, 1))
    assert list(accuracies(baselines_of(paths, split))) == ["pixels", "pixels_turned"]


def test_a_class_without_training_images_has_the_probability_0(sample):
    paths, split = sample(by_class(), cameras=(0, 2))
    split.loc[(split["split"] == "train") & (split["label"] == 2), "label"] = 1
    for baseline in baselines_of(paths, split):
        assert baseline.test.probabilities.shape[1] == 4 and (baseline.test.probabilities[:, 2] == 0).all()


def test_large_images_are_averaged_and_a_large_gallery_is_cut(sample, monkeypatch):
    paths, split = sample(by_class(), cameras=(0, 2))
    with h5py.File(paths["train"]) as file:
        images, row = file["images"][:, :, :, 0] / 255, file["row"][:]
    monkeypatch.setattr(components, "LARGEST_SIDE", 8)
    monkeypatch.setattr(components, "BLOCK", 7)
    monkeypatch.setattr(components, "LARGEST_GALLERY", 40)
    reduced, kept = read_gallery(paths["train"])
    np.testing.assert_array_equal(kept, row[:40])
    np.testing.assert_allclose(reduced, images[:40].reshape(40, 8, 2, 8, 2).mean(axis=(2, 4)), atol=1e-6)
    found = baselines_of(paths, split)
    assert found[0].setting.endswith(", 40 of 48 training images") and found[0].test.right.all()
