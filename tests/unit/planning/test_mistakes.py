"""What is said of a wrong configuration."""

from copy import deepcopy

import pytest
import yaml
from snakemake.utils import update_config

from deepgalaxy.planning.configuration import whole_numbers
from deepgalaxy.planning.mistakes import list_mistakes


@pytest.mark.parametrize("name", ["config/config.yaml", ".test/config/config.yaml", "config/census.yaml"])
def test_what_is_right_has_no_mistakes(root, schema, name):
    assert list_mistakes(yaml.safe_load((root / name).read_text()), schema) == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["sed"], 3, "The configuration has the key `sed`, which is not known there; `seed` was probably meant."),
        (["seed"], "x", "`seed` is 'x', which is not a whole number (everything random (simulations, split,"),
        (
            ["experiment"],
            None,
            "`experiment` is empty (null), which is not a section with keys (what is trained",
        ),
        (["experiment", "models"], [], "`experiment: models` has 0 entries and needs at least 1"),
        (["experiment", "workers"], [2, 2], "`experiment: workers` names something twice: [2, 2]."),
        (["models", "reference_cnn", "head"], "ordinary", "`ordinal` was probably meant."),
        (["models", "reference_cnn", "epochs"], 0, "`models: reference_cnn: epochs` is 0, which is less than 1"),
        (["samples", "stages", "classes", "task"], "time", "has `bins`, which cannot stand beside the rest of it; an"),
        (["datasets", "simulated", "isolated"], None, "is empty (null), which is not a section with keys"),
        (["datasets", "simulated", "isolated"], None, "; an entry of another name is free of what a file that yours"),
        (
            ["datasets", "my-set"],
            {"sources": []},
            "`datasets: my-set` has a name that does not have the form (at most 64 letters, digits and underscores,",
        ),
        (["models", "7b"], {}, "`models: 7b` has a name that does not have the form"),
        (["models", "net\n"], {}, "has a name that does not have the form"),
        (["experiment", "name"], "None", "`experiment: name` is 'None', which does not have the form (at most 64"),
        (["experiment", "beside"], "n" * 65, "which does not have the form (at most 64"),
        (["datasets", "simulated", "mergers", "pericentre_kpc"], [0.0001, 2], "is 0.0001, which is less than 0.001"),
        (
            ["models", "reference_cnn", "architecture"],
            "resnet",
            "is 'resnet', which is not among what it may be",
        ),
        (["models", "reference_cnn", "optimizer"], "ADAMM", "`adam` was probably meant."),
        (["gpu"], "gpu", "has the key `gpu`, which is now `machine: gpu`; move it there."),
        (["node_memory_mb"], 1, "which is now `machine: node_memory_mib`, in MiB; move it there."),
        (["samples", "stages", "split", "validation"], float("inf"), "is inf, which nothing can be computed with."),
        (["samples", "stages", "selection", "cameras"], 15, "is 15, which is more than 14, the most that it may be."),
        (["samples", "stages", "selection", "cameras"], [0, 14], "`samples: stages: selection: cameras: 1` is 14"),
        (
            ["datasets", "simulated", "rendering"],
            {"pixels": 8},
            "`datasets: simulated: rendering` lacks `half_width_kpc`",
        ),
        (["machine", "gpu"], "a b", "`machine: gpu` is 'a b', which does not have the form"),
    ],
)
def test_each_mistake_is_one_sentence_that_names_the_place(config, schema, path, value, sentence):
    *parents, key = path
    section = config
    for parent in parents:
        section = section[parent]
    section[key] = value
    mistakes = list_mistakes(config, schema)
    assert any(sentence in mistake for mistake in mistakes), mistakes
    assert all("\n" not in mistake and mistake.endswith(".") for mistake in mistakes)


@pytest.mark.parametrize(
    ("key", "limits", "task", "sentences"),
    [
        ("time_myr", [340, 310], "time_bins", ["is [340, 310], which is reversed; give the lower bound first."]),
        ("mass_ratio", [1.5, 0.5], "time_bins", ["is [1.5, 0.5], which is reversed; give the lower bound first."]),
        ("size_ratio", [0.5, 2], "time", []),
        ("time_myr", [310, 310], "time", ["leaves a single time, and `task: time` tells times apart; widen it."]),
        ("time_myr", [310, 310], "time_camera", []),
        ("time_myr", [310, 340], "time", []),
    ],
)
def test_a_selection_that_leaves_nothing_to_tell_apart_is_a_mistake(config, schema, key, limits, task, sentences):
    sample = config["samples"]["stages"]
    sample["selection"][key] = limits
    sample["selection"]["groups"] = ["s_*"]
    sample["classes"] = {"task": task} | ({"bins": 2} if task == "time_bins" else {})
    assert list_mistakes(config, schema) == [f"`samples: stages: selection: {key}` {text}" for text in sentences]


@pytest.mark.parametrize("selection", [None, [], {"time_myr": None}, {"time_myr": ["a", 1]}, {"time_myr": [1]}])
def test_a_selection_of_the_wrong_form_is_left_to_the_schema(config, schema, selection):
    config["samples"]["stages"]["selection"] = selection
    assert list_mistakes(config, schema)


# What goes together in config.yaml is changed by this, laid over it.
CLASSES = {"task": "time_camera"}
SPLIT = {"validation": 0.2, "test": 0.2}


def change(config, classes=None, split=None, cameras=None, workers=None, scaling=None, **model):
    sample = config["samples"]["stages"]
    sample["selection"]["groups"] = ["s_*"]
    sample["classes"], sample["split"] = classes or sample["classes"], split or sample["split"]
    sample["selection"]["cameras"] = cameras or sample["selection"]["cameras"]
    config["experiment"]["workers"] = workers or [1]
    config["scaling"]["workers"] = scaling or []
    config["models"]["reference_cnn"] = {"architecture": "ResNet50", "epochs": 1, "batch_size": 8} | model


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"classes": {"task": "time"}, "split": SPLIT | {"by": "time_block", "block_myr": 50}},
            "`samples: stages` has a class for each time (`classes: task: time`), none of which is both trained and",
        ),
        ({"classes": CLASSES, "split": SPLIT | {"by": "time_block", "block_myr": 50}}, "has a class for each time"),
        ({"classes": CLASSES, "split": SPLIT | {"by": "line_of_sight"}}, "`classes: task: time_camera`), none of"),
        (
            {"classes": CLASSES, "split": SPLIT | {"by": ["simulation", "line_of_sight"]}},
            "has a class for each camera",
        ),
        (
            {"classes": CLASSES, "cameras": 14, "mirror": True},
            "`models: reference_cnn` on `samples: stages`: `mirror` turns what a camera sees into what the opposite",
        ),
        ({"classes": CLASSES, "cameras": [3, 7, 9], "mirror": True, "turn": "quarter"}, "such as 07 and 09, and"),
        ({"classes": CLASSES, "head": "ordinal"}, "`head: ordinal` is only for classes that are in order of time"),
        (
            {"workers": [1, 2], "xla": True, "synchronised_batch_norm": True},
            "`models: reference_cnn`: `xla` and `synchronised_batch_norm` do not go together on several workers",
        ),
        ({"scaling": [1, 4], "xla": True, "synchronised_batch_norm": True}, "do not go together on several workers"),
        ({"optimizer": "adadelta", "learning_rate_scaling": "linear"}, "is for SGD only; adadelta scales its own"),
        ({"architecture": "reference_cnn", "weights": "imagenet"}, "There are no ImageNet weights for reference_cnn"),
    ],
)
def test_what_cannot_go_together_is_one_sentence_with_its_place(config, schema, changes, sentence):
    change(config, **changes)
    (mistake,) = list_mistakes(config, schema)
    assert sentence in mistake and mistake.endswith(".") and "\n" not in mistake


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": {"task": "time_bins", "bins": 4}, "split": SPLIT | {"by": "time_block", "block_myr": 50}},
        {"classes": {"task": "time"}, "split": SPLIT | {"by": "line_of_sight"}, "mirror": True, "cameras": 14},
        {"classes": CLASSES, "split": SPLIT, "turn": "quarter", "cameras": 14},
        {"classes": CLASSES, "cameras": [0, 2, 3, 4, 5, 6, 7], "mirror": True},
        {"xla": True, "synchronised_batch_norm": True},
        {"workers": [2], "xla": True},
        {"workers": [2], "synchronised_batch_norm": True},
        {"optimizer": "SGD", "learning_rate_scaling": "linear", "weights": "imagenet"},
    ],
)
def test_what_goes_together_is_taken(config, schema, changes):
    change(config, **changes)
    assert list_mistakes(config, schema) == []


ALL_AT_ONCE = """
sed: 3
gpu: gpu
seed: 1
experiment: {datasets: [simulatd, simulated, elsewhere], samples: [stage, stages, few], models: [cnn, reference_cnn]}
scaling: {workers: [3], kinds: [strong]}
datasets:
  simulated:
    mergers: {mass_ratio: [1, 0.3], eccentricity: [1, 0.9]}
    isolated: {size_ratio: [2, 1]}
  elsewhere: {sources: []}
samples:
  few:
    selection: {groups: [s_1_m_1, s_1_m_0.5], cameras: 4}
    classes: {task: time}
    split: {by: line_of_sight, validation: 0, folds: 40}
    images: {pixels: 8, dtype: uint8}
models:
  reference_cnn: {optimizer_parameters: {}, learning_rate_scaling: linear}
  cnn: {architecture: vgg, epochs: 1, batch_size: 0}
machine: {ranks_per_node: 2, launcher: 'srun {rank}'}
"""


def test_all_mistakes_are_said_at_once_wherever_they_are(config, schema):
    update_config(config, yaml.safe_load(ALL_AT_ONCE))
    mistakes = list_mistakes(config, schema)
    for sentence in (
        "has the key `sed`, which is not known there",
        "has the key `gpu`, which is now `machine: gpu`",
        "`experiment: datasets` names 'simulatd', which `datasets` does not describe; `simulated` was probably meant.",
        "`experiment: samples` names 'stage', which `samples` does not describe; `stages` was probably meant.",
        "`datasets: simulated: mergers: mass_ratio` is [1, 0.3], which is reversed; give the lower bound first.",
        "`datasets: simulated: mergers: eccentricity` is [1, 0.9], which is reversed; give the lower bound first.",
        "`datasets: simulated: isolated: size_ratio` is [2, 1], which is reversed",
        "`models: cnn: architecture` is 'vgg', which is not among what it may be; `VGG19` was probably meant.",
        "`models: cnn: batch_size` is 0, which is less than 1",
        "`models: reference_cnn`: `learning_rate_scaling: linear` is for SGD only",
        "`samples: few: split`, of elsewhere: `folds: 40` needs as many units (line_of_sight), and there are 3;",
        "`machine: launcher: srun {rank}` cannot be filled in",
        "`models: reference_cnn` on `samples: few`: images are made anew from their frames for `turn`, `scale`,",
        "`models: reference_cnn` on `samples: few`: the corners of a square image would show what was done to it",
        "`models: reference_cnn` on `datasets: elsewhere`: `blur_kpc` needs to know how many kpc",
        "3 workers cannot be divided equally among the 2 nodes",
        "3 workers cannot divide the `batch_size` 32 of reference_cnn equally among them",
    ):
        assert sum(sentence in mistake for mistake in mistakes) == 1, (sentence, mistakes)
    assert len(mistakes) == 17, mistakes


@pytest.mark.parametrize("section", ["seed", "experiment", "scaling", "datasets", "samples", "models", "machine"])
@pytest.mark.parametrize("value", [None, [], {}, 1.5, "text", {"a": None}, "missing"])
def test_whatever_a_section_is_ends_in_sentences(config, schema, section, value):
    config[section] = value
    if value == "missing":
        del config[section]
    config["models_"] = 1
    assert any("`models_`" in mistake for mistake in list_mistakes(config, schema))


def test_the_configuration_is_not_changed(config, schema):
    before = deepcopy(config)
    list_mistakes(config, schema)
    assert config == before


def test_whole_numbers_may_be_written_with_a_point():
    assert whole_numbers({"seed": 2020.0, "rates": [1.0, 0.5, True, "1.0"]}) == {
        "seed": 2020,
        "rates": [1, 0.5, True, "1.0"],
    }
    assert isinstance(whole_numbers(2020.0), int)


def test_a_number_of_the_wrong_type_is_one_mistake(config, schema):
    config["datasets"]["simulated"]["simulation"]["snapshots"]["every_myr"] = 0.5
    (mistake,) = list_mistakes(config, schema)
    assert "every_myr` is 0.5, which is not a whole number" in mistake


def test_a_name_that_is_a_number_is_a_mistake_like_another(config, schema):
    """As YAML reads the name 2020."""
    config["models"] = {2020: config["models"]["reference_cnn"]}
    config["experiment"]["models"] = ["reference_cnn"]
    assert [mistake.partition(",")[0] for mistake in list_mistakes(config, schema)] == [
        "`models: 2020` is 2020",
        "`experiment: models` names 'reference_cnn'",
    ]
