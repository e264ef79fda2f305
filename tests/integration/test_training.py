"""Training by its command line, on one process and on several started by the real mpirun."""

import json

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score

from deepgalaxy.evaluation.inference import predict_images


@pytest.fixture(scope="module")
def train(run, training_command):
    """A function that trains with ``workers`` ranks and returns the finished process."""

    def train(*words, env=None, **options):
        return run(*training_command(*words, **options), timeout=300, env=env)

    return train


def accuracy(model, blobs, tmp_path):
    predict_images(keras.saving.load_model(model), blobs / "test.hdf5", tmp_path / "predictions.hdf5", 32)
    with h5py.File(tmp_path / "predictions.hdf5") as file:
        return accuracy_score(file["label"][:], file["probabilities"][:].argmax(axis=1))


def test_two_ranks_learn_and_leave_their_records(train, blobs, tmp_path):
    result = train(tmp_path, 2, "--epochs=8", "--seed=3")
    assert result.returncode == 0, result.stderr
    assert accuracy(tmp_path / "model.keras", blobs, tmp_path) > 0.7
    files = {"model.keras", "classes.csv", "epochs.jsonl", "train_log.txt", "training.json", "predictions.hdf5"}
    assert {path.name for path in tmp_path.iterdir()} == files
    epochs = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 9))
    for epoch in epochs:
        assert epoch["images"] == 256 and len(epoch["seconds"]) == 2
        for rank in epoch["seconds"]:
            assert 0 < rank["input"] + rank["exchange"] < rank["train"] and rank["validation"] > 0
    assert epochs[-1]["loss"] < 0.5 * epochs[0]["loss"]
    assert (tmp_path / "train_log.txt").read_text().count("[Performance] Epoch ") == 8
    training = json.loads((tmp_path / "training.json").read_text())
    assert training["workers"] == 2 and [place["local_rank"] for place in training["ranks"]] == [0, 1]
    assert (training["training_images"], training["training_images_left_over"]) == (256, 1)
    # Rank 0 alone speaks to the screen.
    assert result.stdout.count("epoch 8 of 8") == 1


def test_validation_is_shared_out_and_counts_every_image_once(train, blobs, tmp_path):
    for workers in (1, 2):
        result = train(tmp_path / str(workers), workers, "--epochs=1", "--seed=3")
        assert result.returncode == 0, result.stderr
        record = json.loads((tmp_path / str(workers) / "epochs.jsonl").read_text())
        network = keras.saving.load_model(tmp_path / str(workers) / "model.keras")
        with h5py.File(blobs / "validation.hdf5") as file:
            images, labels = file["images"][:], file["label"][:]
        probabilities = network.predict_on_batch(images)
        assert record["validation_accuracy"] == pytest.approx(accuracy_score(labels, probabilities.argmax(axis=1)))
        expected = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
        assert record["validation_loss"] == pytest.approx(expected, rel=1e-4)


def test_the_same_seed_gives_the_same_bits(train, weights, tmp_path):
    noisy = ("--epochs=2", "--noise=0.1", "--mirror")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert train(tmp_path / name, 2, *noisy, f"--seed={seed}").returncode == 0
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(np.array_equal(x, y) for x, y in zip(a, b))
    assert not all(np.array_equal(x, y) for x, y in zip(a, c))


@pytest.mark.parametrize("mode", [-1, 2])
def test_other_data_modes_learn_and_stream_to_the_same_bits(train, weights, blobs, tmp_path, mode):
    for name, budget in (("held", 1024), ("streamed", 0)):
        options = (f"--data-mode={mode}", f"--memory-budget-mib={budget}", "--epochs=8", "--seed=3")
        result = train(tmp_path / name, 2, *options)
        assert result.returncode == 0, result.stderr
    assert accuracy(tmp_path / "held" / "model.keras", blobs, tmp_path) > 0.7
    held, streamed = (weights(tmp_path / name) for name in ("held", "streamed"))
    assert all(np.array_equal(x, y) for x, y in zip(held, streamed))


def test_scrambled_labels_are_found_to_be_chance(train, blobs, tmp_path):
    scrambled = tmp_path / "scrambled"
    scrambled.mkdir()
    for name in ("train", "validation"):
        with h5py.File(blobs / f"{name}.hdf5") as source, h5py.File(scrambled / f"{name}.hdf5", "w") as file:
            file["images"] = source["images"][:]
            file["label"] = np.random.default_rng(5).permutation(source["label"][:])
    assert train(tmp_path / "run", 2, "--epochs=8", data=scrambled).returncode == 0
    # Chance is 0.25; 200 test images scatter by 0.031 about it.
    assert accuracy(tmp_path / "run" / "model.keras", blobs, tmp_path) == pytest.approx(0.25, abs=0.12)


def test_one_worker_trains_without_horovod(train, blobs, root, tmp_path):
    # A package of this name that cannot be imported stands before the real one.
    (tmp_path / "horovod").mkdir()
    (tmp_path / "horovod" / "__init__.py").write_text("raise ImportError('not installed')")
    env = {"PYTHONPATH": f"{tmp_path}:{root / 'workflow' / 'scripts'}"}
    assert train(tmp_path / "one", 1, "--epochs=6", env=env).returncode == 0
    assert accuracy(tmp_path / "one" / "model.keras", blobs, tmp_path) > 0.6
    result = train(tmp_path / "two", 2, "--epochs=1", launched=1, env=env)
    assert result.returncode == 1
    assert "train_model: Training with 2 workers needs Horovod" in result.stdout
    assert "Traceback" in result.stderr and not (tmp_path / "two").exists()


def test_a_launcher_that_starts_another_number_is_noticed(train, tmp_path):
    result = train(tmp_path, 3, "--epochs=1", launched=2)
    assert result.returncode != 0
    assert "3 workers were asked for, but this process is in a group of 2" in result.stdout
    assert not any(tmp_path.iterdir())


def test_a_rank_that_dies_ends_the_run(train, tmp_path):
    script = tmp_path / "dying.py"
    script.write_text(
        "import os, signal\n"
        "from deepgalaxy.training import command as train\n"
        "from deepgalaxy.training.data.shard import Shard\n"
        "batches, calls = Shard.batches, []\n"
        "def dying(self, *args):\n"
        "    calls.append(args)\n"
        "    if len(calls) == 3 and os.environ['OMPI_COMM_WORLD_RANK'] == '1':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return batches(self, *args)\n"
        "Shard.batches = dying\n"
        "train.main()\n"
    )
    result = train(tmp_path / "run", 2, "--epochs=5", code=str(script))
    assert result.returncode != 0
    assert "epoch 1 of 5" in result.stdout and "epoch 2 of 5" not in result.stdout
    assert [path.name for path in (tmp_path / "run").iterdir()] in ([], [".lock"])


def test_debug_keeps_all_checkpoints_and_writes_for_tensorboard(train, tmp_path):
    result = train(tmp_path, 1, "--epochs=3", "--debug", "--batch-size=60")
    assert result.returncode == 0, result.stderr
    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert kept == [f"{epoch:06d}-00000000.npz" for epoch in (2, 3, 4)]
    (events,) = (tmp_path / "tensorboard").glob("events.out.tfevents.*")
    logged = [
        (event.step, tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
        if value.tag == "validation_loss"
    ]
    epochs = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
    assert logged == [(epoch["epoch"], pytest.approx(epoch["validation_loss"])) for epoch in epochs]
    assert list((tmp_path / "tensorboard").glob("plugins/profile/*/*.xplane.pb"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--learning-rate=1e30", "--optimizer=sgd"), "; lower `learning_rate`."),
        (('--optimizer-parameters={"momentum": 0.7}',), "train_model: `optimizer_parameters` does not fit adam: "),
    ],
)
def test_what_cannot_be_trained_ends_in_one_sentence(train, tmp_path, options, sentence):
    result = train(tmp_path, 1, "--epochs=3", *options)
    assert result.returncode == 1
    assert sentence in result.stdout.splitlines()[-1]
    assert "Traceback" in result.stderr and not any(tmp_path.iterdir())
