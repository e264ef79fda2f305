"""Published figures of how training scales, by others and elsewhere, with their sources: published_points.csv."""

from pathlib import Path

import pandas as pd


def read_published_points() -> pd.DataFrame:
    """Return the figures, with the columns label, workers, images_per_second, efficiency, hardware, note and source.

    Either of the two figures may be empty. Efficiency is against one worker, unless the note says otherwise.
    """
    return pd.read_csv(Path(__file__).with_suffix(".csv"))
