"""A trained network on test images that are disturbed in one way after another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.evaluation.perturbations import Perturbation, one_thread, perturbations, perturbed, scenes
from deepgalaxy.evaluation.turns import Outputs, class_probabilities, mean_over_turns
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress
from deepgalaxy.resampling import Sight, sight_of
from deepgalaxy.seeds import derive_seed

MOST_IMAGES = 512
"""Test images that are disturbed, drawn at random if there are more."""
HELD_BYTES = 2**27
"""Memory for the light of the frames that are disturbed together."""


def probabilities_of(network: Any, images: np.ndarray) -> np.ndarray:
    """Return the class probabilities (n, classes) that a Keras ``network`` gives for images (n, pixels, pixels, 1)."""
    return class_probabilities(network.predict_on_batch(images))


def measure_robustness(
    network: Any,
    prepared: str | Path,
    split: pd.DataFrame,
    seed: int,
    output: str | Path,
    batch_size: int,
    turns: int = 1,
) -> None:
    """Write what a Keras ``network`` gives for disturbed images of a prepared file, at most MOST_IMAGES of them.

    Its class probabilities are the mean over ``turns`` views of each disturbed image (``mean_over_turns``), as in the
    predictions of a run; ``split`` is
    the split table, which says from which simulation an image is. The output holds ``probabilities`` (perturbations, n,
    classes) float32, ``name``, ``value`` and ``unit`` of each perturbation, the upright images first, and ``label``,
    ``target_myr`` and ``row`` (n,) as in the prepared file. No more than ``batch_size`` images are held at a time,
    fewer if frames are large.

    Raises ValueError if the prepared file has no frames.
    """
    one_thread()
    with h5py.File(prepared) as file:
        if "frames" not in file:
            raise ValueError(f"{prepared} has no frames to disturb; set `images: oversampling` of the sample.")
        sight = sight_of(file.attrs, file["images"].shape, file["images"].dtype.name)
        chosen, others = choose_images(split["group"].to_numpy()[file["row"][:]], seed)
        kinds = perturbations(sight, others is not None)
        # The light of a frame, that of another one, and as much again while they are worked on.
        held = max(1, min(batch_size, HELD_BYTES // (16 * file["frames"].shape[1] ** 2)))

        def apply_to_views(images: np.ndarray) -> Outputs:
            return mean_over_turns(lambda view: probabilities_of(network, view[:]), images, turns)

        batches = _batches(chosen, others, held)
        parts = [
            _apply_to_batch(apply_to_views, file["frames"], sight, kinds, some, other, seed)
            for some, other in progress(batches, len(batches), "batches of disturbed images")
        ]
        with whole_hdf5(output) as written:
            written["probabilities"] = np.concatenate(parts, axis=1)
            for name in ("label", "target_myr", "row"):
                written[name] = file[name][:][chosen]
            written["value"] = np.array([kind.value for kind in kinds], float)
            for name in ("name", "unit"):
                written[name] = np.array([getattr(kind, name) for kind in kinds], h5py.string_dtype())


def choose_images(group: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the places of the images to disturb among those of simulations ``group`` (n,), int64 (m,), increasing, and
    for each the place of an image of another simulation (m,); None in its stead if there is but one simulation."""
    rng = np.random.default_rng(derive_seed(seed, "chosen"))
    chosen = np.sort(rng.permutation(len(group))[:MOST_IMAGES])
    if len(set(group)) == 1:
        return chosen, None
    return chosen, np.array([rng.choice(np.flatnonzero(group != group[place])) for place in chosen])


def _batches(
    chosen: np.ndarray, others: np.ndarray | None, batch_size: int
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Cut the places of images, and of those of other simulations, into batches."""
    cuts = [slice(start, start + batch_size) for start in range(0, len(chosen), batch_size)]
    return [(chosen[cut], None if others is None else others[cut]) for cut in cuts]


def _apply_to_batch(
    apply: Callable[[np.ndarray], Outputs],
    frames: h5py.Dataset,
    sight: Sight,
    kinds: list[Perturbation],
    chosen: np.ndarray,
    others: np.ndarray | None,
    seed: int,
) -> np.ndarray:
    """Return the probabilities (perturbations, n, classes) of the images at the places ``chosen`` (n,)."""
    own = frames[chosen][..., 0]
    other = None if others is None else np.array([frames[place][..., 0] for place in others])
    batch = scenes(own, other, chosen, sight.pixels, seed)
    return np.array([apply(np.array([perturbed(scene, sight, kind) for scene in batch])[..., None]) for kind in kinds])
