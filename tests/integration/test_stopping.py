"""Training that is stopped, killed or frozen, and goes on."""

import shutil
import signal
from functools import partial

import h5py
import numpy as np
import psutil
import pytest

from deepgalaxy.files import read_json
from deepgalaxy.targets import Target, write_targets
from deepgalaxy.training.record import read_records
from support.processes import family
from support.training import assert_same_weights, has_reached, wait_until

# All that a checkpoint has to hold: an optimizer's moments, random layers, an order of images, the best epoch.
EVERYTHING = (
    *("--epochs=4", "--seed=3", "--noise=0.1", "--mirror", "--turn=quarter", "--keep-epoch=best"),
    *("--gradient-accumulation=3", "--warmup-epochs=1", "--learning-rate-schedule=cosine", "--data-mode=2"),
)


def says(screen, words):
    """Whether a file holds some words."""
    return words in screen.read_text()


@pytest.fixture
def with_properties(blobs, tmp_path):
    """The images with two properties, the second of which is not known of every third, and their table."""
    columns = ["t_peri_myr", "lone"]
    for name in ("train", "validation"):
        shutil.copy(blobs / f"{name}.hdf5", tmp_path)
        with h5py.File(tmp_path / f"{name}.hdf5", "r+") as file:
            label = file["label"][:].astype(np.float32)
            lone = np.where(np.arange(len(label)) % 3, label == 0, np.nan)
            file["properties"] = np.stack([10 * label, lone], axis=1).astype(np.float32)
            file["properties"].attrs["columns"] = columns
    time = Target("t_peri_myr", "histogram", "Myr", -5.0, 35.0, 4, 0.7, 1.0)
    write_targets([time, Target("lone", "binary", "", np.nan, np.nan, 2, 1.8, 2 / 3)], tmp_path / "properties.csv")
    return tmp_path


def test_training_with_properties_resumes_to_the_same_bits(start, run, training_command, weights, with_properties):
    whole, broken = with_properties / "whole", with_properties / "broken"
    options = (*EVERYTHING, f"--properties={with_properties / 'properties.csv'}")
    command = partial(training_command, data=with_properties)
    result = run(*command(whole, 1, *options))
    assert result.returncode == 0, result.stdout + result.stderr
    process = start(broken, 1, *options, "--checkpoint-minutes=0", data=with_properties)
    wait_until(process, has_reached, broken, "000002-00000003")
    process.kill()
    process.wait()
    result = run(*command(broken, 1, *options))
    assert "resuming from a checkpoint: epoch " in result.stdout, result.stdout + result.stderr
    assert_same_weights(weights(broken), weights(whole))
    assert (broken / "properties.csv").read_bytes() == (with_properties / "properties.csv").read_bytes()
    losses = [record.validation_properties_loss for record in read_records(broken / "epochs.jsonl")]
    assert losses == [record.validation_properties_loss for record in read_records(whole / "epochs.jsonl")]
    assert 0 < losses[-1] < losses[0]


def test_one_rank_killed_at_any_moment_ends_with_the_bits_of_an_undisturbed_run(
    start, run, training_command, weights, tmp_path
):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    result = run(*training_command(whole, 1, *EVERYTHING))
    assert result.returncode == 0, result.stderr
    for moment in ("000001-00000006", "000002-00000003", "000003-00000009"):
        process = start(broken, 1, *EVERYTHING, "--checkpoint-minutes=0")
        wait_until(process, has_reached, broken, moment)
        process.kill()
        process.wait()
        assert not (broken / "model.keras").exists()
    result = run(*training_command(broken, 1, *EVERYTHING))
    assert result.returncode == 0, result.stderr
    assert "resuming from a checkpoint: epoch " in result.stdout and "epoch 1 of 4" not in result.stdout
    assert_same_weights(weights(broken), weights(whole))
    # The records of all epochs are there, and nothing of the way.
    for name in ("train_log.txt", "epochs.jsonl"):
        assert len((broken / name).read_text().splitlines()) == len((whole / name).read_text().splitlines())
    assert not list(broken.glob("checkpoints*")) and not list(broken.glob(".partial*"))


def test_two_ranks_killed_end_with_the_weights_of_an_undisturbed_run(start, run, training_command, weights, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run(*training_command(whole, 2, *EVERYTHING)).returncode == 0
    process = start(broken, 2, *EVERYTHING, "--checkpoint-minutes=0")
    wait_until(process, has_reached, broken, "000002-00000003")
    rank = [child for child in family(process) if "deepgalaxy.train" in child.cmdline()[:3]][1]
    rank.kill()
    assert process.wait(60) not in (0, 75)
    result = run(*training_command(broken, 2, *EVERYTHING))
    assert result.returncode == 0, result.stderr
    assert "resuming from a checkpoint: epoch " in result.stdout
    # Within an epoch the moving statistics of batch normalisation are each rank's own. A checkpoint holds their mean,
    # which commutes with their update but for rounding.
    assert_same_weights(weights(broken), weights(whole), rtol=1e-5, atol=1e-7)


def test_another_number_of_workers_goes_on_at_the_end_of_an_epoch(start, run, training_command, tmp_path):
    options = ("--epochs=3", "--seed=3", "--noise=0.1", "--data-mode=2", "--learning-rate-scaling=sqrt")
    for workers, moment in ((2, "000002-00000003"), (1, "000003-00000005")):
        process = start(tmp_path / "run", workers, *options, "--checkpoint-minutes=0")
        wait_until(process, has_reached, tmp_path / "run", moment)
        for left in family(process):
            left.kill()
    result = run(*training_command(tmp_path / "run", 2, *options))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "epoch 2, after 0 batches, by 1 worker(s) after 2 so far" in (tmp_path / "screen-1.txt").read_text()
    assert "epoch 3, after 0 batches, by 2 worker(s) after 1 so far" in result.stdout
    epochs = read_records(tmp_path / "run" / "epochs.jsonl")
    assert [(epoch.workers, epoch.images) for epoch in epochs] == [(2, 256), (1, 257), (2, 256)]
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.01 * 2**0.5, 0.01, 0.01 * 2**0.5])
    training = read_json(tmp_path / "run" / "training.json")
    assert training["workers"] == 2 and training["target"] is None
    assert training["workers_by_epoch"] == [
        {"from_epoch": epoch, "workers": workers} for epoch, workers in ((1, 2), (2, 1), (3, 2))
    ]


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_a_request_to_stop_saves_a_checkpoint_and_the_next_start_goes_on(start, tmp_path, workers, number):
    for attempt, words in enumerate(("epoch 1 of 3000: loss", "resuming from a checkpoint")):
        process = start(tmp_path / "run", workers, "--epochs=3000")
        screen = tmp_path / f"screen-{attempt}.txt"
        wait_until(process, says, screen, words)
        process.send_signal(number)
        assert process.wait(60) == 75
        # Under mpirun the launcher passes the request on by another signal.
        assert f"train_model: stopped by {number.name if workers == 1 else 'SIGUSR1'} in epoch" in screen.read_text()
        assert "Traceback" not in screen.read_text()


def test_a_frozen_rank_ends_the_run_with_a_reason(start, tmp_path):
    process = start(tmp_path / "run", 2, "--epochs=3000", "--checkpoint-minutes=0", "--stall-minutes=0.5")
    wait_until(process, has_reached, tmp_path / "run")
    ranks = [child for child in family(process) if "deepgalaxy.train" in child.cmdline()[:3]]
    ranks[1].suspend()
    assert process.wait(120) not in (0, 75)
    assert "rank 0 has waited for 30 s without finishing a step" in (tmp_path / "screen-0.txt").read_text()
    assert not psutil.wait_procs(ranks, timeout=30)[1]
    assert not (tmp_path / "run" / "model.keras").exists()
