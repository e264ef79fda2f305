"""Samples, workers, launchers and weights that contradict each other."""

import pytest

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
