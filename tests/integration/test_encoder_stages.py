"""The stages of an encoder-decoder by the command line of training."""

import json

import keras
import numpy as np
import pytest

from support.training import assert_same_weights, has_reached, wait_until

FORM = ("--decoder-filters=[4, 4, 4, 4]", "--latent=3", "--hidden=8")


@pytest.fixture(scope="module")
def autoencoder(run, training_command, tmp_path_factory):
    """A directory with an autoencoder that two ranks have trained a little."""
    directory = tmp_path_factory.mktemp("autoencoder")
    result = run(*training_command(directory, 2, "--objective=reconstruction", "--epochs=2", *FORM))
    assert result.returncode == 0, result.stdout + result.stderr
    return directory


def test_an_autoencoder_leaves_its_records(autoencoder):
    assert {path.name for path in autoencoder.iterdir()} == {
        *("model.keras", "epochs.jsonl", "train_log.txt", "training.json")
    }
    first, second = map(json.loads, (autoencoder / "epochs.jsonl").read_text().splitlines())
    assert second["validation_loss"] < first["validation_loss"]
    assert 0 < second["squared_difference"] < second["loss"] < 0.3
    training = json.loads((autoencoder / "training.json").read_text())
    assert training["objective"] == "reconstruction" and training["classes"] is None


def test_a_killed_variational_autoencoder_resumes_to_the_same_bits_and_leaves_the_encoder(
    start,
    run,
    training_command,
    weights,
    autoencoder,
    tmp_path,
):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ("--objective=latent_bound", f"--autoencoder={autoencoder / 'model.keras'}", "--epochs=3", "--seed=3")
    options += (*FORM, "--turn=quarter", "--mirror")
    result = run(*training_command(whole, 1, *options))
    assert result.returncode == 0, result.stdout + result.stderr
    process = start(broken, 1, *options, "--checkpoint-minutes=0")
    wait_until(process, has_reached, broken, "000002-00000003")
    process.kill()
    process.wait()
    result = run(*training_command(broken, 1, *options))
    assert "resuming from a checkpoint: epoch " in result.stdout, result.stdout + result.stderr
    assert_same_weights(weights(broken), weights(whole))
    records = [json.loads(line) for line in (broken / "epochs.jsonl").read_text().splitlines()]
    assert records[-1]["validation_loss"] < records[0]["validation_loss"] and records[-1]["rate"] > 0
    encoder = keras_weights(autoencoder / "model.keras")
    for one, other in zip(keras_weights(whole / "model.keras"), encoder, strict=True):
        np.testing.assert_array_equal(one, other)


def keras_weights(path):
    """The weights of the encoder within the network of a file."""
    return keras.saving.load_model(path, safe_mode=True).get_layer("encoder").get_weights()


def test_a_classifier_of_frozen_maps_keeps_them(run, training_command, autoencoder, tmp_path):
    words = ("--encoder=small", f"--autoencoder={autoencoder / 'model.keras'}", "--epochs=2")
    result = run(*training_command(tmp_path, 2, *words))
    assert result.returncode == 0, result.stdout + result.stderr
    record = json.loads((tmp_path / "epochs.jsonl").read_text().splitlines()[-1])
    assert 0 <= record["validation_accuracy"] <= 1
    encoder = keras_weights(autoencoder / "model.keras")
    maps = keras.saving.load_model(tmp_path / "model.keras").get_layer("maps").get_weights()
    for one, other in zip(maps, encoder, strict=True):
        np.testing.assert_array_equal(one, other)
