"""Baselines that know of an image only the statistics of its morphology, or nothing at all."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.baselines.scores import with_truth
from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.predictions import Predictions

NEIGHBOURS = (1, 3, 10, 30, 100, 300)
INVERSE_REGULARISATION = (0.01, 0.1, 1, 10, 100)


def fit_baselines(morphology: pd.DataFrame, label: np.ndarray) -> Iterator[tuple[str, str, Pipeline]]:
    """Yield the name, the setting and the fitted model of each baseline.

    ``morphology`` is the table of ``measure_morphology``, ``label`` (n,) the class of each of its rows.

    - ``majority``: for every image the shares of the classes in training, so that the most frequent one is named;
    - ``nearest_neighbours``: the shares among the k images of the training split that are nearest in the statistics;
    - ``linear``: multinomial logistic regression on the statistics, of inverse regularisation C.

    The statistics are scaled to unit variance, and what cannot be measured is taken as the median; like the models, all
    this is fitted to the training split alone. k and C are those with the highest accuracy on the validation split, the
    first of equals.
    """
    training, validation = ((morphology["split"] == split).to_numpy() for split in ("train", "validation"))
    statistics = morphology[list(STATISTICS)].to_numpy()
    neighbours = [k for k in NEIGHBOURS if k <= training.sum()]

    def fitted(classifier: Callable, **setting: Any) -> Pipeline:
        impute = SimpleImputer(strategy="median", keep_empty_features=True)
        model = make_pipeline(impute, StandardScaler(), classifier(**setting))
        return model.fit(statistics[training], label[training])

    def best(models: list[Pipeline]) -> Pipeline:
        return max(models, key=lambda model: model.score(statistics[validation], label[validation]))

    yield "majority", "", fitted(DummyClassifier, strategy="prior")
    model = best([fitted(KNeighborsClassifier, n_neighbors=k) for k in neighbours])
    yield "nearest_neighbours", f"k={model[-1].n_neighbors}", model
    model = best([fitted(LogisticRegression, C=c, max_iter=1000) for c in INVERSE_REGULARISATION])
    yield "linear", f"C={model[-1].C:g}", model


def predict_split(
    model: Pipeline, morphology: pd.DataFrame, split: pd.DataFrame, name: str, classes: int
) -> Predictions:
    """Return what a model predicts of the images in the split ``name`` of the split table.

    A class that training has no image of gets the probability 0.
    """
    images = morphology[morphology["split"] == name]
    probabilities = np.zeros((len(images), classes))
    probabilities[:, model.classes_] = model.predict_proba(images[list(STATISTICS)].to_numpy())
    return with_truth(probabilities, split, images["row"].to_numpy())


def predict_from_morphology(morphology: pd.DataFrame, split: pd.DataFrame, classes: int) -> Iterator[Baseline]:
    """Yield each of ``fit_baselines`` with its predictions, given the number of ``classes``."""
    label = split["label"].to_numpy()[morphology["row"]]
    for name, setting, model in fit_baselines(morphology, label):
        predictions = {part: predict_split(model, morphology, split, part, classes) for part in ("validation", "test")}
        yield Baseline(name, setting, **predictions)
