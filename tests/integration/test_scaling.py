"""A run of the scaling study by its command line, on one process and under the real mpirun."""

import json
import math

import keras
import pandas as pd
import pytest

from deepgalaxy.training.ranks.allreduce_sweep import COLUMNS, REPETITIONS, SIZES

STUDY = ("--epochs=2", "--steps-per-epoch=3", "--allreduce-sweep", "--launched-by=as a test")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_short_run_with_its_sweep(run, training_command, tmp_path, workers):
    result = run(*training_command(tmp_path, workers, *STUDY), timeout=300, env={"OMP_NUM_THREADS": "1"})
    assert result.returncode == 0, result.stdout + result.stderr
    sweep = pd.read_csv(tmp_path / "allreduce.csv")
    assert list(sweep.columns) == list(COLUMNS) and len(sweep) == (workers > 1) * len(SIZES) * REPETITIONS
    if workers > 1:
        assert set(sweep["workers"]) == {workers} and (sweep["seconds"] > 0).all()
        median = sweep.groupby("bytes")["seconds"].median()
        assert list(median.index) == list(SIZES)
        assert median.iloc[-1] > median.iloc[0], "4096 times as much takes longer"
    epochs = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
    for epoch in epochs:
        assert epoch["images"] == workers * 3 * 16 and len(epoch["step_seconds"]) == 3
        first = epoch["seconds"][0]
        computed = first["train"] - first["input"] - first["exchange"]
        assert 0 < sum(epoch["step_seconds"]) <= computed + 1e-5
        assert sum(epoch["step_seconds"]) > 0.8 * computed
    training = json.loads((tmp_path / "training.json").read_text())
    network = keras.saving.load_model(tmp_path / "model.keras")
    trainable = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    assert training["gradient_bytes"] == 4 * trainable
    assert training["training_images"] == workers * 3 * 16
    assert training["launcher"] == "as a test" and training["environment"]["OMP_NUM_THREADS"] == "1"
    assert "PATH" not in training["environment"] and training["machine"]["processor"]
