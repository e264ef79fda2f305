"""What the baselines of a sample predict of each image, in one file."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import h5py

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.hdf5 import whole_hdf5


@dataclass(frozen=True)
class Baseline:
    """A simple model that a network has to beat.

    ``name``; ``setting``, chosen on the validation images, empty if there is nothing to choose; and what it predicts of
    the ``validation`` and of the ``test`` images.
    """

    name: str
    setting: str
    validation: Predictions
    test: Predictions


def write_baselines(baselines: Sequence[Baseline], output: str | Path) -> None:
    """Write the predictions of baselines: a group for each, and their names in order as the file's attribute ``order``.

    A group has the attribute ``setting`` and the groups ``validation`` and ``test``, which hold the arrays of
    ``Predictions`` by name.
    """
    with whole_hdf5(output) as file:
        # HDF5's own record of the order would date the groups, and no two files be the same.
        file.attrs["order"] = [baseline.name for baseline in baselines]
        for baseline in baselines:
            group = file.create_group(baseline.name)
            group.attrs["setting"] = baseline.setting
            for split in ("validation", "test"):
                predictions = getattr(baseline, split)
                for field in fields(Predictions):
                    group.create_dataset(
                        f"{split}/{field.name}", data=getattr(predictions, field.name), compression="gzip"
                    )


def read_baselines(path: str | Path) -> list[Baseline]:
    """Return what ``write_baselines`` wrote."""
    with h5py.File(path) as file:
        return [
            Baseline(
                name,
                file[name].attrs["setting"],
                _read_split(file[name]["validation"]),
                _read_split(file[name]["test"]),
            )
            for name in file.attrs["order"]
        ]


def _read_split(group: h5py.Group) -> Predictions:
    """Return the predictions of one split, from its group."""
    return Predictions(**{field.name: group[field.name][:] for field in fields(Predictions)})
