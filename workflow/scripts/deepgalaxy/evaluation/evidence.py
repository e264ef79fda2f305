"""What the claims of the DeepGalaxy paper are compared with, read from the results of all runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import pandas as pd

from deepgalaxy.evaluation.claims import Results
from deepgalaxy.evaluation.encoder_claims import ENCODER, EncoderTables
from deepgalaxy.files import read_json


def read_results(
    files: Mapping[str, str | Sequence[str]],
    datasets: Sequence[str],
    published: Sequence[str],
    encoders: Sequence[Mapping[str, str]],
    on_maps: Mapping[str, list[str]],
) -> Results:
    """Return the results that claims are judged by.

    ``files`` has the paths of the tables ``metrics``, ``skill`` and ``scaling``; of the ``catalogues`` of the
    ``datasets``, which are named in the same order; of ``scaling_model`` and ``scaling_parameters``, the tables and the
    JSON files of the models of scaling; of the benchmarks of ``simulating`` each merger; and of each run its
    predictions of the ``test`` and ``validation`` images, and the benchmark of ``predicting`` these; and of the
    ``encoders``, which are described in the same order by the columns of ENCODER, the tables
    ``encoder_reconstruction`` and ``encoder_latent``. ``on_maps`` is that of EncoderTables.
    Raises ValueError if two lists that belong together differ in length.
    """
    images = [sum(map(_count_images, pair)) for pair in zip(files["test"], files["validation"], strict=True)]
    seconds = map(benchmark_seconds, files["predicting"])
    return Results(
        metrics=pd.read_csv(files["metrics"]),
        skill=pd.read_csv(files["skill"]),
        published=set(published),
        catalogues={name: pd.read_csv(path) for name, path in zip(datasets, files["catalogues"], strict=True)},
        scaling=pd.read_csv(files["scaling"]),
        model=_join_models(files["scaling_model"], files["scaling_parameters"]),
        simulation_seconds=[benchmark_seconds(path) for path in files["simulating"]],
        inference_seconds=[time / count for time, count in zip(seconds, images, strict=True)],
        encoders=EncoderTables(
            reconstruction=_join_encoders(files["encoder_reconstruction"], encoders),
            latent=_join_encoders(files["encoder_latent"], encoders),
            on_maps=on_maps,
        ),
    )


def benchmark_seconds(path: str | Path) -> float:
    """Return the wall time of a job in seconds, the mean of its attempts, from Snakemake's benchmark file."""
    return pd.read_csv(path, sep="\t")["s"].mean()


def _count_images(path: str | Path) -> int:
    """Return the number of images in a file of predictions."""
    with h5py.File(path) as file:
        return len(file["label"])


def _join_models(tables: Sequence[str], parameters: Sequence[str]) -> pd.DataFrame:
    """Return as one the tables of the models that can tell a constant overhead from latency; it may have no row."""
    sound = [
        pd.read_csv(table)
        for table, about in zip(tables, parameters, strict=True)
        if read_json(about)["overhead_told_from_latency"]
    ]
    return pd.concat([pd.DataFrame({"workers": []}), *sound])


def _join_encoders(paths: Sequence[str], encoders: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return tables of all encoders as one, with the columns that describe these before the others."""
    tables = [pd.DataFrame({"dataset": []}, columns=ENCODER)]
    for path, encoder in zip(paths, encoders, strict=True):
        table = pd.read_csv(path)
        tables.append(pd.concat([pd.DataFrame([encoder] * len(table), columns=ENCODER), table], axis=1))
    return pd.concat(tables[1:] or tables)
