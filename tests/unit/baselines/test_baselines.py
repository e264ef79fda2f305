"""Simple models on the statistics of morphology, where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.baselines.fits import fit_baselines, predict_from_morphology, predict_split
from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.baselines.scores import score_baselines
from deepgalaxy.evaluation.metrics import score_predictions

CLASSES = pd.DataFrame({"label": range(4), "t_from_myr": [0, 50, 100, 150], "t_to_myr": [50, 100, 150, 200]})
CLASSES["counts_from"] = "start of the simulation"
CLASSES["t_centre_myr"] = (CLASSES["t_from_myr"] + CLASSES["t_to_myr"]) / 2


def sample(signal, seed=1, images=120):
    """Morphology and split table of six simulations: three statistics are ``signal`` times the class, and noise."""
    random = np.random.default_rng(seed)
    group = np.repeat(["a", "b", "c", "d", "e", "f"], images)
    split = pd.Series(group).map(dict.fromkeys("abc", "train") | {"d": "validation"} | dict.fromkeys("ef", "test"))
    label = random.integers(0, 4, len(group))
    table = pd.DataFrame({"group": group, "split": split, "label": label, "target_myr": 25 + 50 * label})
    morphology = pd.DataFrame(random.normal(size=(len(group), 5)), columns=STATISTICS)
    morphology[["m20", "concentration", "separation"]] += signal * label[:, None]
    morphology.insert(0, "split", split)
    morphology.insert(0, "row", np.arange(len(group)))
    return morphology, table


def scored(morphology, split, seed):
    """The table of the baselines that know the statistics."""
    return score_baselines(predict_from_morphology(morphology, split, len(CLASSES)), CLASSES, split, seed)


def test_a_statistic_that_tells_the_class_is_used():
    morphology, split = sample(12)
    scores = scored(morphology, split, seed=1).set_index("baseline")
    assert (scores.loc[["nearest_neighbours", "linear"], "accuracy"] > 0.98).all()
    assert (scores.loc[["nearest_neighbours", "linear"], "median_error_myr"] < 10).all()
    assert scores.loc["majority", "accuracy"] < 0.35


def test_where_nothing_tells_the_class_all_are_near_chance():
    morphology, split = sample(0)
    scores = scored(morphology, split, seed=1)
    # The standard deviation of chance is 0.028 for 240 images.
    assert scores["accuracy"].between(0.25 - 0.09, 0.25 + 0.09).all()
    assert (scores["median_error_myr"] > 40).all()


def test_the_rows_are_those_of_a_networks_metrics():
    morphology, split = sample(2)
    scores = scored(morphology, split, seed=3)
    assert scores["baseline"].tolist() == ["majority", "nearest_neighbours", "linear"]
    assert scores["setting"].str.fullmatch(r"|k=\d+|C=[\d.]+").all()
    name, setting, model = list(fit_baselines(morphology, split["label"].to_numpy()))[2]
    test, validation = (predict_split(model, morphology, split, part, 4) for part in ("test", "validation"))
    expected = {"baseline": name, "setting": setting} | score_predictions(test, validation, CLASSES, split, seed=3)
    assert scores.iloc[2].to_dict() == expected and list(scores) == list(expected)
    # The first baseline is the one that a network's metrics tell as well.
    majority = scores.iloc[0]
    assert majority["accuracy"] == majority["majority_accuracy"]
    shares = split.loc[split["split"] == "train", "label"].value_counts(normalize=True)
    true = split.loc[split["split"] == "test", "label"]
    assert majority["cross_entropy"] == pytest.approx(-np.log(shares[true]).mean())


def test_predictions_carry_the_truth_of_their_own_rows():
    morphology, split = sample(12)
    shuffled = morphology.sample(frac=1, random_state=1)
    *_, (_, _, model) = fit_baselines(shuffled, split["label"].to_numpy()[shuffled["row"]])
    predictions = predict_split(model, shuffled, split, "test", 4)
    assert set(split["split"][predictions.row]) == {"test"} and len(predictions.row) == 240
    np.testing.assert_array_equal(predictions.label, split["label"][predictions.row])
    np.testing.assert_array_equal(predictions.target_myr, split["target_myr"][predictions.row])
    assert predictions.right.mean() > 0.98


def fitted(morphology, label):
    """Settings of the baselines, and what they predict of the validation images."""
    images = morphology.loc[morphology["split"] == "validation", list(STATISTICS)].to_numpy()
    return [(name, setting, model.predict_proba(images)) for name, setting, model in fit_baselines(morphology, label)]


def test_the_test_split_is_not_seen():
    morphology, split = sample(1)
    label = split["label"].to_numpy()
    held_out = (morphology["split"] == "test").to_numpy()
    scrambled = np.where(held_out, 3 - label, label)
    distorted = morphology.copy()
    distorted.loc[held_out, list(STATISTICS)] *= 1000
    for one, other in zip(fitted(morphology, label), fitted(distorted, scrambled)):
        assert one[:2] == other[:2]
        np.testing.assert_array_equal(one[2], other[2])
    # The same change to the training split is seen, so the comparison can tell.
    seen = (morphology["split"] == "train").to_numpy()
    for one, other in zip(fitted(morphology, label), fitted(morphology, np.where(seen, 3 - label, label))):
        assert not np.array_equal(one[2], other[2])


def line(split, places, labels):
    """Images that differ in their Gini coefficient only."""
    table = pd.DataFrame(0.0, index=range(len(places)), columns=STATISTICS).assign(gini=places, split=split)
    return table, np.array(labels)


def test_the_validation_split_chooses_but_is_not_fitted_to():
    # One of six training images of class 0 is labelled 1, and lies where it is validated: its neighbours know better.
    train, label = line("train", [0, 1, 2, 3, 4, 5, 100, 101, 102], [0, 0, 1, 0, 0, 0, 1, 1, 1])
    validation, validation_label = line("validation", [2.1, 2.2, 100.5], [0, 0, 1])
    morphology = pd.concat([train, validation], ignore_index=True)
    models = {
        name: (setting, model) for name, setting, model in fit_baselines(morphology, np.append(label, validation_label))
    }
    setting, model = models["nearest_neighbours"]
    assert setting == "k=3" and model[-1].n_samples_fit_ == 9
    # And where the first neighbour is right, it is the first of equals that is taken.
    models = fit_baselines(morphology, np.append(label, [1, 1, 1]))
    assert {name: setting for name, setting, _ in models}["nearest_neighbours"] == "k=1"


def test_classes_without_training_images_and_unmeasurable_images():
    morphology, split = sample(12)
    split.loc[(split["split"] == "train") & (split["label"] == 2), "label"] = 1
    morphology.loc[::7, list(STATISTICS)] = np.nan
    for _, _, model in fit_baselines(morphology, split["label"].to_numpy()):
        predictions = predict_split(model, morphology, split, "test", 4)
        assert (predictions.probabilities[:, 2] == 0).all()
        np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    assert np.isfinite(scored(morphology, split, seed=1)["median_error_myr"]).all()
