"""How well images come back from few numbers, beside what needs no network."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
from skimage.metrics import structural_similarity
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from deepgalaxy.evaluation.bootstrap import resampled_interval

COMPONENTS = 64
"""Principal components of the stronger of the linear baselines; the other has as many as the vector."""
MEASURES = ("mae", "mse", "ssim")

Reconstruction = Callable[[np.ndarray], np.ndarray]
"""From brightness (n, pixels, pixels) to what is made of it, of the same shape."""


def linear_reconstructions(training: np.ndarray, latent: int, seed: int) -> dict[str, Reconstruction]:
    """Return the reconstructions that need no network, by name, from brightness (n, pixels, pixels) to the same shape.

    - ``mean_image``: the mean of the ``training`` images (m, pixels, pixels), whatever the image;
    - ``nearest_image``: the training image with the least squared difference;
    - ``pca_<latent>`` and ``pca_<COMPONENTS>``: from so many principal components of the training images, or from as
      many as there are; found by random projections drawn from ``seed``.
    """
    flat = training.reshape(len(training), -1)
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(flat)
    made: dict[str, Reconstruction] = {
        "mean_image": lambda images: np.broadcast_to(training.mean(axis=0), images.shape),
        "nearest_image": lambda images: training[
            search.kneighbors(images.reshape(len(images), -1), return_distance=False)[:, 0]
        ],
    }
    for count in dict.fromkeys((latent, COMPONENTS)):
        components = PCA(min(count, *flat.shape), svd_solver="randomized", random_state=seed).fit(flat)
        made[f"pca_{count}"] = _from_components(components)
    return made


def _from_components(components: PCA) -> Reconstruction:
    def reconstruct(images: np.ndarray) -> np.ndarray:
        placed = components.transform(images.reshape(len(images), -1))
        return components.inverse_transform(placed).reshape(images.shape)

    return reconstruct


def compare_images(images: np.ndarray, made: np.ndarray) -> pd.DataFrame:
    """Return how far each of the images ``made`` is from the one of ``images`` that it was made of, both (n, pixels,
    pixels) in [0, 1]: a row for each with the MEASURES, the mean absolute and the mean squared difference and the
    structural similarity (Wang et al. 2004, IEEE Trans. Image Process. 13, 600, with their Gaussian window)."""
    difference = made - images
    similarity = [
        structural_similarity(
            one.astype(float),
            other.astype(float),
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for one, other in zip(images, made)
    ]
    return pd.DataFrame(
        {
            "mae": np.abs(difference).mean(axis=(1, 2)),
            "mse": (difference**2).mean(axis=(1, 2)),
            "ssim": similarity,
        }
    )


def tabulate_reconstruction(measured: Mapping[str, pd.DataFrame], group: np.ndarray, seed: int) -> pd.DataFrame:
    """Return a row for each of the ways in which images were made again, by name, from what ``compare_images`` says of
    the test images, whose simulations are ``group`` (n,).

    Intervals are those of ``resampled_interval``, drawn from ``seed``.

    - ``reconstruction``: how the images were made again.
    - ``images``, ``simulations``: how many there are.
    - ``mae``: mean absolute difference from the original, with a 95 % interval.
    - ``ssim``: mean structural similarity to the original, with a 95 % interval.
    - ``worst_mae``, ``worst_ssim``: those of the simulation in which they are worst.
    - ``psnr``: peak signal-to-noise ratio of the mean squared difference, in decibels.
    """
    return pd.DataFrame(_row(name, table, group, seed) for name, table in measured.items())


def _row(name: str, table: pd.DataFrame, group: np.ndarray, seed: int) -> dict[str, float | str | None]:
    row: dict[str, float | str | None] = {
        "reconstruction": name,
        "images": len(table),
        "simulations": len(np.unique(group)),
    }
    for measure, worst in (("mae", "max"), ("ssim", "min")):
        low, high = resampled_interval(np.mean, table[measure].to_numpy(), group, seed)
        row |= {measure: table[measure].mean(), f"{measure}_low": low, f"{measure}_high": high}
        row[f"worst_{measure}"] = getattr(table[measure].groupby(group).mean(), worst)()
    return row | {"psnr": float(-10 * np.log10(table["mse"].mean()))}


def spread_over(count: int, chosen: int) -> Iterator[int]:
    """Yield ``chosen`` of ``count`` places, evenly from the first to the last; all if there are fewer."""
    yield from np.unique(np.linspace(0, count - 1, min(chosen, count)).round().astype(int)).tolist()
