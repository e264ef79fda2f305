"""Whether an image is like those that a network was trained on: like its mergers, and not like its lone galaxies."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

NEIGHBOURS = 3
FAMILIAR_PERCENTILE = 95
"""Of the validation mergers: so one image in twenty of a merger not seen before gets a warning for its distance, and
one in twenty for its probability of being a lone galaxy."""
PENALTY = 0.1
"""Inverse strength of the penalty on the weights that tell lone galaxies from mergers; of 0.001 to 1, the best on the
validation images of a smaller demonstration."""
SMALLEST_DISTANCE = 1e-6


@dataclass(frozen=True)
class Neighbours:
    """The training images nearest to each of n images: their places among these, ``index`` (n, NEIGHBOURS), and their
    ``distance`` (n, NEIGHBOURS), increasing; and ``to_merger`` (n,), the distance to the nearest one of a merger."""

    index: np.ndarray
    distance: np.ndarray
    to_merger: np.ndarray


@dataclass(frozen=True)
class TrainingFeatures:
    """The ``features`` (n, m) of training images, float32, and which of these show ``lone`` galaxies, bool (n,)."""

    features: np.ndarray
    lone: np.ndarray

    @cached_property
    def _scaler(self) -> StandardScaler:
        return StandardScaler().fit(self.features)

    @cached_property
    def _all(self) -> NearestNeighbors:
        return NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(self._scaler.transform(self.features))

    @cached_property
    def _mergers(self) -> NearestNeighbors:
        mergers = self.features[~self.lone]
        return NearestNeighbors(n_neighbors=1, algorithm="brute").fit(self._scaler.transform(mergers))

    def standardised(self, features: np.ndarray) -> np.ndarray:
        """Return features (n, m), each standardised over the training images."""
        return self._scaler.transform(features)

    def find(self, features: np.ndarray) -> Neighbours:
        """Return the nearest of the training images to each image by its features (n, m), which are standardised over
        the training images.

        What is far from its nearest neighbours there was not seen in training: Sun et al. 2022, "Out-of-Distribution
        Detection with Deep Nearest Neighbors".
        """
        if not len(features):
            return Neighbours(np.empty((0, NEIGHBOURS), int), np.empty((0, NEIGHBOURS)), np.empty(0))
        scaled = self._scaler.transform(features)
        distance, index = self._all.kneighbors(scaled)
        to_merger = self._mergers.kneighbors(scaled)[0][:, 0] if self.lone.any() else distance[:, 0]
        return Neighbours(index, distance, to_merger)


@dataclass(frozen=True)
class LoneProbe:
    """What tells lone galaxies from mergers by their features (n, m), standardised over the training images: a logistic
    regression with ``weights`` (m,) and an ``intercept``."""

    weights: list[float]
    intercept: float

    @classmethod
    def fit(cls, training: TrainingFeatures) -> "LoneProbe | None":
        """Return the one that is fitted to the training images, lone galaxies counting as much as mergers do together;
        None if there are not both."""
        if training.lone.all() or not training.lone.any():
            return None
        found = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=5000)
        found.fit(training.standardised(training.features), training.lone)
        return cls([float(weight) for weight in found.coef_[0]], float(found.intercept_[0]))

    def probability(self, standardised: np.ndarray) -> np.ndarray:
        """Return the probability (n,) that images show lone galaxies, as if these were as frequent as mergers."""
        return expit(standardised @ np.array(self.weights) + self.intercept)


@dataclass(frozen=True)
class Limits:
    """What is usual of mergers: ``familiar_distance`` to the nearest training merger, and ``lone_probability``, that of
    being a lone galaxy, None if no such thing was trained on."""

    familiar_distance: float
    lone_probability: float | None

    @classmethod
    def of(cls, to_merger: np.ndarray, lone_probability: np.ndarray | None) -> "Limits":
        """Return the limits by the distances (n,) and the probabilities (n,) of validation images of mergers, at their
        FAMILIAR_PERCENTILE.

        Raises ValueError if there is no such image.
        """
        if not len(to_merger):
            raise ValueError("No image of a merger was validated on, so that it is not known what is usual of them.")
        distance = max(float(np.percentile(to_merger, FAMILIAR_PERCENTILE)), SMALLEST_DISTANCE)
        usual = None if lone_probability is None else float(np.percentile(lone_probability, FAMILIAR_PERCENTILE))
        return cls(distance, usual)

    def novelty(self, to_merger: np.ndarray) -> np.ndarray:
        """Return distances (n,) to the nearest training merger as multiples of the familiar one."""
        return to_merger / self.familiar_distance

    def warning(self, novelty: float, lone_probability: float | None = None) -> str:
        """Return the sentence that warns of an image that is like no merger seen in training, or like a lone galaxy;
        empty if it is neither."""
        warnings = []
        usual = self.lone_probability
        if usual is not None and lone_probability is not None and lone_probability > usual:
            warnings.append(
                f"It looks like a galaxy without a companion (probability {lone_probability:.2g}; more than"
                f" {usual:.2g} is unusual of mergers): its time may mean nothing."
            )
        if novelty > 1:
            warnings.append(
                f"It is {novelty:.1f} times as far from its nearest training merger as {FAMILIAR_PERCENTILE} % of the"
                " validation mergers are at most: its time may mean nothing."
            )
        return " ".join(warnings)
