"""The units of a dataset that may be read, as its catalogue tells them."""

import pandas as pd


def usable_cameras(catalogue: pd.DataFrame) -> dict[str, list[int]]:
    """Return the cameras of each group that are not damaged, by the catalogue's columns group, camera and damaged."""
    return {
        name: cameras.loc[~cameras["damaged"], "camera"].tolist()
        for name, cameras in catalogue.groupby("group", sort=False)
    }
