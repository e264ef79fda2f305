"""How much worse disturbed images are dated than upright ones."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.calibration import MIDDLE_68, share_between
from deepgalaxy.evaluation.predictions import Predictions


def tabulate_robustness(measured: str | Path, classes: pd.DataFrame, split: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return one row for each perturbation in a file of ``measure_robustness``, the upright images first.

    The interval is that of ``resampled_interval``, drawn from ``seed``; NaN if there is none.

    - ``perturbation``, ``value``, ``unit``: what was done to the images, and how much of it.
    - ``images``, ``timed_images``, ``timed_simulations``: how many there are; how many of them have a time, and how
      many simulations these show.
    - ``median_error_myr``: median error of the time.
    - ``ratio``: that error over that of the upright images, with a 95 % interval over simulations.
    - ``coverage_68``: share of images whose true time lies in the middle 68 % of the predicted distribution.
    - ``accuracy``: of all images.
    """
    rows, upright = [], None
    with h5py.File(measured) as file:
        about = [file[name][:] for name in ("label", "target_myr", "row")]
        kinds = zip(*(file[name].asstr()[:] for name in ("name", "unit")), file["value"][:], file["probabilities"])
        for name, unit, value, probabilities in kinds:
            predictions = Predictions(probabilities, *about)
            timed = predictions.where(predictions.timed)
            error = timed.error_myr(classes)
            upright = error if upright is None else upright
            group = split["group"].to_numpy()[timed.row]
            pair = np.column_stack([error, upright])
            low, high = resampled_interval(ratio_of_medians, pair, group, seed)
            rows.append(
                {
                    "perturbation": name,
                    "value": value,
                    "unit": unit,
                    "images": len(predictions.label),
                    "timed_images": len(error),
                    "timed_simulations": len(set(group)),
                    "median_error_myr": float(np.median(error)),
                    "ratio": ratio_of_medians(pair),
                    "ratio_low": low,
                    "ratio_high": high,
                    "accuracy": float(predictions.right.mean()),
                    "coverage_68": float(share_between(timed, classes, MIDDLE_68)[0]),
                }
            )
    return pd.DataFrame(rows)


def ratio_of_medians(pair: np.ndarray) -> float:
    """Return the median of the first column of (n, 2) over that of the second."""
    one, other = np.median(pair, axis=0)
    return float(one / other)
