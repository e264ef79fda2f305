"""The spaces in which similar images are looked for: the vector, and what it has to beat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from deepgalaxy.baselines.components import LARGEST_GALLERY, read_gallery
from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.seeds import derive_seed
from deepgalaxy.views import VIEWS, turned

VECTOR, MAPS, STATISTICAL, RANDOM = "vector", "maps", "statistics", "random"
FEATURES = "features of {}"


@dataclass(frozen=True)
class Space:
    """Points of the training images, ``gallery`` (n, d), and of the test images, ``queries`` (m, d); and, if there are
    any, of the ``turned`` test images (views, m, d), numbered as in ``TurnedImages``."""

    gallery: np.ndarray
    queries: np.ndarray
    turned: np.ndarray | None = None

    def standardised(self) -> "Space":
        """Return the same with each coordinate divided by its standard deviation in the gallery."""
        scale = self.gallery.std(axis=0)
        scale = np.where(scale > 0, scale, 1)
        return Space(self.gallery / scale, self.queries / scale, None if self.turned is None else self.turned / scale)

    def of(self, gallery: np.ndarray, queries: np.ndarray) -> "Space":
        """Return the same of some images, by bool or by place."""
        turned = None if self.turned is None else self.turned[:, queries]
        return Space(self.gallery[gallery], self.queries[queries], turned)


def read_spaces(
    latent: str | Path, prepared: Mapping[str, str | Path], morphology: pd.DataFrame, seed: int
) -> Iterator[tuple[str, Space]]:
    """Yield the spaces by name, with the first LARGEST_GALLERY images, which are a random sample, of the splits
    ``train`` and ``test`` of the ``prepared`` files. Each is read when it is asked for, as together they are large.

    - ``vector`` and ``maps``: the means of the posteriors, and of the activation maps, from the file ``latent`` of
      ``encode_images``; and ``features of <name>`` of each network in it. All but the vector are standardised;
    - ``pca_<d>``: as many principal components of the pixels as the vector has numbers;
    - ``statistics``: the five of ``morphology``, a table of ``measure_morphology``, standardised;
    - ``random``: numbers drawn from ``seed``.
    """
    with h5py.File(latent) as file:
        dimensions = file["train/mean"].shape[1]
        rows = [file[split]["row"][:LARGEST_GALLERY] for split in ("train", "test")]
        yield VECTOR, _space(file, "mean")
        yield MAPS, _space(file, "pooled").standardised()
        for name in file["train"].get("features", ()):
            yield FEATURES.format(name), _space(file, f"features/{name}").standardised()
    yield f"pca_{dimensions}", _components(prepared, dimensions, seed)
    measured = morphology.set_index("row")[list(STATISTICS)]
    measured = measured.fillna(measured.median())
    yield STATISTICAL, Space(*(measured.loc[row].to_numpy() for row in rows)).standardised()
    rng = np.random.default_rng(derive_seed(seed, "random space"))
    yield RANDOM, Space(*(rng.normal(size=(len(row), dimensions)) for row in rows))


def _space(file: h5py.File, name: str) -> Space:
    """Return the space of some vectors in a file of ``encode_images``."""
    gallery, queries = (file[split][name][:LARGEST_GALLERY] for split in ("train", "test"))
    return Space(gallery, queries, file["test_turned"][name][:, :LARGEST_GALLERY])


def _components(prepared: Mapping[str, str | Path], dimensions: int, seed: int) -> Space:
    """Return the space of the principal components of the training images, found by random projections."""
    training, _ = read_gallery(prepared["train"])
    test, _ = read_gallery(prepared["test"])
    flat = training.reshape(len(training), -1)
    components = PCA(min(dimensions, *flat.shape), svd_solver="randomized", random_state=seed % 2**32).fit(flat)

    def place(images: np.ndarray) -> np.ndarray:
        return components.transform(images.reshape(len(images), -1))

    return Space(place(training), place(test), np.array([place(turned(test, view)) for view in range(VIEWS)]))
