"""Samples, workers, launchers and weights that contradict each other."""

import pytest

from deepgalaxy.planning.encoders import COMPARED_PIXELS
from deepgalaxy.planning.mistakes import list_mistakes


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ({"validation": 0.2, "test": 0.2, "folds": 3}, "`samples: stages: split` has both `test` and `folds`;"),
        ({"validation": 0.2}, "`samples: stages: split` has neither `test` nor `folds`; give a fraction"),
        ({"validation": 0.6, "test": 0.5}, "takes 0.6 of all for validation and 0.5 for testing, which leaves none"),
        ({"validation": 0.6, "folds": 2, "by": "image"}, "takes 0.6 of all for validation and 0.5 for testing"),
    ],
    ids=str,
)
def test_a_split_is_made_in_one_way_and_leaves_something_to_train_on(config, schema, split, sentence):
    config["samples"]["stages"]["split"] = split
    (mistake,) = list_mistakes(config, schema)
    assert sentence in mistake


def test_stages_end_after_they_begin(config, schema):
    config["samples"]["stages"]["classes"] |= {"from_myr": 400, "to_myr": -100}
    (mistake,) = list_mistakes(config, schema)
    assert mistake == "`samples: stages: classes` go from 400 to -100 Myr; let `to_myr` be the later time."


def test_workers_that_cannot_share_a_batch_or_a_node_are_refused(config, schema):
    config["scaling"] |= {"workers": [3, 5], "kinds": ["weak", "strong"]}
    three, five = list_mistakes(config, schema)
    assert "3 workers cannot divide the `batch_size` 32 of reference_cnn" in three and "5 workers" in five
    config["scaling"]["kinds"] = ["weak"]
    assert list_mistakes(config, schema) == []
    config["machine"]["ranks_per_node"] = 2
    assert ["among the 2 nodes" in three, "5 workers" in five] == [False, True]
    assert [mistake[:45] for mistake in list_mistakes(config, schema)] == [
        "3 workers cannot be divided equally among the",
        "5 workers cannot be divided equally among the",
    ]


@pytest.mark.parametrize("launcher", ["srun sh -c 'x'", 'srun "a b"', "srun $HOME/x", "srun `x`", r"srun a\ b"])
def test_a_launcher_that_would_not_reach_a_clusters_jobs_as_it_is_is_refused(config, schema, launcher):
    config["machine"]["launcher"] = launcher
    assert list_mistakes(config, schema) == []
    config["machine"]["ranks_per_node"] = 2
    (mistake,) = list_mistakes(config, schema)
    assert "has quotes, a dollar sign or a backslash, " in mistake and "put the command into a script" in mistake


def test_weights_that_go_round_in_a_circle_are_refused(config, schema):
    weights = "results/models/simulated/stages/reference_cnn/workers~2/repeat~0/model.keras"
    config["models"]["reference_cnn"]["weights"] = weights
    (mistake,) = list_mistakes(config, schema)
    assert "go round in a circle" in mistake
    assert list_mistakes(config, schema, models="elsewhere/models") == []


def test_isolated_galaxies_are_refused_where_classes_have_to_be_in_order(config, schema):
    config["models"]["reference_cnn"]["head"] = "ordinal"
    (mistake,) = list_mistakes(config, schema)
    assert mistake.startswith("`models: reference_cnn` on `samples: stages`: `head: ordinal` is only for classes that")
    config["samples"]["stages"]["selection"]["groups"] = ["s_*"]
    assert list_mistakes(config, schema) == []


def test_published_times_need_images_and_classes_that_count_from_the_same_event(config, schema):
    config["observed"] = {"reference": "table.csv"}
    (mistake,) = list_mistakes(config, schema)
    assert "`observed: directory` names no images" in mistake
    config["observed"]["directory"] = "observed"
    assert list_mistakes(config, schema) == []
    config["samples"]["stages"]["selection"]["groups"] = ["s_*"]
    config["samples"]["stages"]["classes"] = {"task": "time_bins", "bins": 4}
    (mistake,) = list_mistakes(config, schema)
    assert "those of `samples: stages` count from the start of the simulation (`task: time_bins`)" in mistake


SMALL = {"backbone": "reference_cnn"} | {stage: {"epochs": 1, "batch_size": 4} for stage in ("autoencoder", "vae")}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"vae": {"epochs": 1, "batch_size": 4, "noise": 0.1}},
            "`encoders: small: vae: noise` would be added to",
        ),
        ({"weights": "imagenet"}, "`encoders: small: autoencoder`: There are no ImageNet weights for reference_cnn"),
        ({"autoencoder": {"epochs": 1}}, "`encoders: small: autoencoder` lacks `batch_size`"),
        ({"autoencoder": {"epochs": 1, "batch_size": 4, "head": "ordinal"}}, "has the key `head`, which is not known"),
        ({"decoder_filters": [8, 0]}, "`encoders: small: decoder_filters: 1` is 0, which is less than 1"),
        ({"backbone": "VGG61"}, "`encoders: small: backbone` is 'VGG61'"),
    ],
    ids=str,
)
def test_an_encoder_that_cannot_be_trained_is_refused(config, schema, changes, sentence):
    config["encoders"] = {"small": SMALL | changes}
    config["experiment"]["encoders"] = ["small"]
    mistakes = list_mistakes(config, schema)
    assert any(sentence in mistake for mistake in mistakes), mistakes


def test_images_that_are_too_small_to_be_compared_are_refused_with_an_encoder(config, schema):
    config["samples"]["stages"]["images"]["pixels"] = COMPARED_PIXELS - 1
    assert list_mistakes(config, schema) == []
    config["encoders"], config["experiment"]["encoders"] = {"small": SMALL}, ["small"]
    (mistake,) = list_mistakes(config, schema)
    assert mistake.startswith("`samples: stages: images: pixels` is 10, and what an encoder-decoder makes")


def test_moves_of_an_encoders_images_need_what_those_of_a_model_need(config, schema):
    del config["samples"]["stages"]["images"]["oversampling"]
    config["models"]["reference_cnn"] = {"architecture": "reference_cnn", "epochs": 1, "batch_size": 4}
    moved = {"epochs": 1, "batch_size": 4, "turn": "any"}
    config["encoders"] = {"small": SMALL | {"autoencoder": moved}}
    assert list_mistakes(config, schema) == []
    config["experiment"]["encoders"] = ["small"]
    assert any(
        mistake.startswith("`encoders: small: autoencoder` on `samples: stages`: images are made anew")
        for mistake in list_mistakes(config, schema)
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"encoder": "smal"},
            "`models: reference_cnn`: `encoder: smal` is not described by `encoders`, which",
        ),
        ({"architecture": "VGG16"}, "and the backbone of `encoders: small` is reference_cnn; set `architecture:"),
        ({"weights": "imagenet"}, "`weights` and `encoder` both say what training begins with"),
    ],
    ids=str,
)
def test_a_model_on_maps_that_are_not_there_is_refused(config, schema, changes, sentence):
    config["encoders"] = {"small": SMALL}
    config["models"]["reference_cnn"] |= {"encoder": "small"}
    assert list_mistakes(config, schema) == []
    config["models"]["reference_cnn"] |= changes
    mistakes = list_mistakes(config, schema)
    assert any(sentence in mistake for mistake in mistakes), mistakes


def test_an_encoder_that_is_not_described_is_a_mistake(config, schema):
    config["experiment"]["encoders"] = ["large"]
    (mistake,) = list_mistakes(config, schema)
    assert mistake.startswith("`experiment: encoders` names 'large', which `encoders` does not describe;")
