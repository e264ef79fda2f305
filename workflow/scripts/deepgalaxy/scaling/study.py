"""The model of the scaling of one study, from the files of its runs."""

from collections.abc import Sequence

import pandas as pd

from deepgalaxy.files import read_json
from deepgalaxy.scaling.model import collect_measurements, predict_scaling
from deepgalaxy.scaling.throughput import STUDY, read_run


def model_study(
    runs: Sequence[dict], epochs: Sequence[str], sweeps: Sequence[str], training: Sequence[str], seed: int
) -> tuple[pd.DataFrame, dict]:
    """Return the table and the parameters of ``predict_scaling`` for a study, both with its names first.

    ``runs`` are its runs as ``study_runs`` lists them; ``epochs``, ``sweeps`` and ``training`` the paths of their
    ``epochs.jsonl``, ``allreduce.csv`` and ``training.json``, in the same order. Raises ValueError as ``read_run`` and
    ``collect_measurements`` do.
    """
    names = {name: runs[0][name] for name in STUDY}
    records = [read_run(path, run["workers"]) for run, path in zip(runs, epochs, strict=True)]
    gradient_bytes = read_json(training[0])["gradient_bytes"]
    measurements = collect_measurements(runs, records, [pd.read_csv(path) for path in sweeps], gradient_bytes)
    table, about = predict_scaling(measurements, seed)
    return table.assign(**names)[[*names, *table.columns]], names | about
