"""Options, shares, records and networks."""

import argparse
import inspect
import re
import sys
from contextlib import suppress
from dataclasses import asdict, fields

import keras
import numpy as np
import pytest
import yaml

from deepgalaxy.training import run as training_run
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import (
    ARCHITECTURES,
    OPTIMIZERS,
    EncoderShape,
    TrainingOptions,
    add_options,
    command_line,
)
from deepgalaxy.training.ranks.communicator import SingleRank, join_ranks
from deepgalaxy.training.record import EpochRecord, RankTimes
from deepgalaxy.training.steps import make_optimizer

OPTIONS = {
    "architecture": "reference_cnn",
    "epochs": 2,
    "batch_size": 4,
    "noise": 0.1,
    "mirror": True,
    "optimizer_parameters": {"beta_1": 0.8},
}


def test_configuration_and_command_line_have_the_same_options(root):
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())["$defs"]["model"]
    del schema["properties"]["sweep"]  # of which the command line, which trains once, has none
    assert list(schema["properties"]) == [option.name for option in fields(TrainingOptions)]
    options = TrainingOptions("x", 1, 1)
    for name in schema["properties"].keys() - schema["required"]:
        assert schema["properties"][name]["default"] == getattr(options, name)
    for option in fields(TrainingOptions):
        assert schema["properties"][option.name].get("enum") == (list(option.metadata["choices"] or ()) or None)


def test_a_configured_model_survives_the_command_line():
    parser = argparse.ArgumentParser()
    add_options(parser)
    parsed = parser.parse_args(command_line(OPTIONS))
    assert TrainingOptions(**vars(parsed)) == TrainingOptions(**OPTIONS)
    assert not parser.parse_args(command_line(OPTIONS | {"mirror": False})).mirror


def test_the_performance_line_is_upstreams_to_the_letter():
    record = EpochRecord(3, 1020, 0.1, 0, 0, 0, 0, [RankTimes(train=seconds) for seconds in (9, 10.99, 10, 1)])
    # As printed in DeepGalaxy's README.
    pattern = re.sub(
        r"[\d.]+",
        r"[\\d.]+",
        re.escape(
            "[Performance] Epoch 3 takes 10.99 seconds. "
            "Throughput: 23.21 images/sec (per worker), 92.82 images/sec (total)"
        ).replace(r"\.", "."),
    )
    line = record.performance_line()
    assert re.fullmatch(pattern, line)
    assert "Epoch 3 takes 10.99 seconds" in line
    assert "23.20 images/sec (per worker), 92.81 images/sec (total)" in line


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
@pytest.mark.parametrize("architecture", ["reference_cnn", "MobileNetV2", "EfficientNetB0"])
def test_networks_give_probabilities_of_images_as_stored(architecture, dtype):
    network = build_network(TrainingOptions(architecture, 1, 1, noise=0.5, mirror=True), 32, dtype, 5)
    images = np.random.default_rng(1).uniform(0, 255 if dtype == "uint8" else 1, (2, 32, 32, 1)).astype(dtype)
    probabilities = network(images, training=False).numpy()
    assert probabilities.shape == (2, 5) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    # Without training there is neither noise nor a flip.
    np.testing.assert_array_equal(probabilities, network(images, training=False).numpy())
    assert not np.array_equal(probabilities, network(images, training=True).numpy())


def test_the_options_name_every_network_and_optimizer_of_keras_and_no_other():
    upstream = {f"EfficientNetB{n}" for n in range(8)} | {"ResNet50", "VGG16", "VGG19", "InceptionV3", "DenseNet121"}
    classifiers = {
        name
        for name, builder in vars(keras.applications).items()
        if inspect.isfunction(builder) and "classifier_activation" in inspect.signature(builder).parameters
    }
    assert upstream < classifiers == set(ARCHITECTURES) - {"reference_cnn"}
    known = set()
    for name, kind in vars(keras.optimizers).items():
        if inspect.isclass(kind) and "learning_rate" in inspect.signature(kind).parameters:
            with suppress(ValueError):
                known.add(type(keras.optimizers.get(name)).__name__)
    assert known == set(OPTIMIZERS)
    for name in OPTIMIZERS:
        assert type(make_optimizer(TrainingOptions("", 1, 1, optimizer=name.lower()))).__name__ == name


def test_a_saved_network_loads_without_this_package(tmp_path, run):
    network = build_network(TrainingOptions("reference_cnn", 1, 1, noise=0.1, mirror=True), 16, "uint8", 3)
    network.save(tmp_path / "model.keras")
    code = (
        "import sys, keras; m = keras.saving.load_model(sys.argv[1], safe_mode=True);"
        " assert not any('deepgalaxy' in name for name in sys.modules); print(m.count_params())"
    )
    result = run(sys.executable, "-c", code, tmp_path / "model.keras", cwd=tmp_path, env={"PYTHONPATH": ""})
    assert result.stdout.split()[-1] == str(network.count_params()), result.stderr
    assert keras.backend.backend() == "tensorflow"


def test_one_worker_needs_no_horovod(monkeypatch):
    monkeypatch.setitem(sys.modules, "horovod.tensorflow", None)
    ranks = join_ranks(1)
    assert (ranks.size, ranks.rank, ranks.gather("x")) == (1, 0, ["x"])
    with pytest.raises(ValueError, match="2 workers needs Horovod, which cannot be loaded here"):
        join_ranks(2)


@pytest.mark.parametrize(
    ("gpu", "usable", "between_gpus", "said"),
    [
        (None, 0, False, None),
        ("GPU-a", 1, True, None),
        ("GPU-a", 1, False, "this Horovod has no NCCL: GPUs exchange through the host's memory, which is slow"),
        ("GPU-a", 0, False, "there are GPUs, but this TensorFlow cannot use them"),
    ],
)
def test_what_is_slower_on_gpus_than_it_could_be_is_said(monkeypatch, gpu, usable, between_gpus, said):
    monkeypatch.setattr(training_run, "visible_gpus", lambda: [gpu] if gpu else [])
    monkeypatch.setattr(training_run, "claim_gpu", lambda *_: usable)
    ranks, sentences = SingleRank(), []
    ranks.between_gpus = between_gpus
    assert training_run.take_places(ranks, 0, sentences.append)[0]["gpu"] == gpu
    assert [sentence.startswith(said) for sentence in sentences] == ([True] if said else [])


def test_a_run_does_not_resume_under_another_version_of_a_library(tmp_path, monkeypatch):
    (tmp_path / "images.hdf5").touch()
    files = dict.fromkeys(("train", "validation"), tmp_path / "images.hdf5") | {"autoencoder": None}
    args = argparse.Namespace(seed=1, workers=1, objective="classification", **files, **asdict(EncoderShape()))
    prints = [training_run.fingerprint(args, TrainingOptions(**OPTIONS)) for _ in range(2)]
    monkeypatch.setattr(training_run, "library_versions", lambda _: ["keras 9.9"])
    prints.append(training_run.fingerprint(args, TrainingOptions(**OPTIONS)))
    assert prints[0] == prints[1] != prints[2] and f"keras {keras.__version__}" in prints[0]
