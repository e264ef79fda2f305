"""The runs that a configuration asks for, and the names of their paths."""

import re

import pytest

from deepgalaxy.planning.configuration import check_configuration
from deepgalaxy.planning.runs import EXPERIMENT_RUN, STUDY_RUN, constrain, experiment_runs, study_runs

CONFIG = {
    "seed": 1,
    "experiment": {"datasets": ["d"], "samples": ["s"], "models": ["m"], "workers": [1, 2], "repeats": 2},
    "scaling": {"workers": [1, 2, 4], "kinds": ["weak", "strong"], "repeats": 2},
    **{"datasets": {"d": {}}, "samples": {"s": {}}, "models": {"m": {"batch_size": 8}}},
    "machine": {"ranks_per_node": 0, "cpus_per_rank": 0, "launcher": ""},
}


def test_the_experiment_runs_every_combination_once():
    assert [EXPERIMENT_RUN.format(**run) for run in experiment_runs(CONFIG)] == [
        "d/s/m/workers~1/repeat~0",
        "d/s/m/workers~1/repeat~1",
        "d/s/m/workers~2/repeat~0",
        "d/s/m/workers~2/repeat~1",
    ]
    listed = {"datasets": ["a", "b"], "samples": ["c"], "models": ["d", "e"], "workers": [1], "repeats": 3}
    assert len(experiment_runs({"experiment": listed})) == 12


def test_names_of_runs_differ_and_are_told_apart_by_their_patterns():
    names = [STUDY_RUN.format(**run) for run in study_runs(CONFIG)]
    assert len(set(names)) == len(names) and "d/s/m/workers~4/batch~2/repeat~1" in names
    assert constrain(EXPERIMENT_RUN) == (
        r"{dataset,\w+}/{sample,\w+}/{model,\w+}/workers~{workers,\d+}/repeat~{repeat,\d+}"
    )
    pattern = re.sub(r"{\w+,(.*?)}", r"\1", constrain(STUDY_RUN))
    assert all(re.fullmatch(pattern, name) for name in names)
    assert not any(re.fullmatch(pattern, EXPERIMENT_RUN.format(**run)) for run in experiment_runs(CONFIG))


def test_weak_scaling_keeps_the_workers_batch_and_strong_scaling_the_global_one():
    runs = study_runs(CONFIG)
    assert {(run["workers"], run["batch"]): run["kinds"] for run in runs} == {
        (1, 8): ["weak", "strong"],
        (2, 8): ["weak"],
        (4, 8): ["weak"],
        (2, 4): ["strong"],
        (4, 2): ["strong"],
    }
    assert len(runs) == 10 and {run["repeat"] for run in runs} == {0, 1}
    assert study_runs(CONFIG | {"scaling": CONFIG["scaling"] | {"workers": []}}) == []


def test_workers_that_cannot_share_a_batch_or_a_node_are_refused():
    three = {"scaling": CONFIG["scaling"] | {"workers": [3]}}
    with pytest.raises(
        ValueError, match=r"3 workers cannot divide the `batch_size` 8 of m equally among them, .* leave `strong` out"
    ):
        check_configuration(CONFIG | three)
    with pytest.raises(ValueError, match="3 workers cannot be divided equally among the 2 nodes"):
        check_configuration(CONFIG | three | {"machine": CONFIG["machine"] | {"ranks_per_node": 2}})


@pytest.mark.parametrize("launcher", ["srun sh -c 'x'", 'srun "a b"', "srun $HOME/x", "srun `x`", r"srun a\ b"])
def test_a_launcher_that_would_not_reach_a_clusters_jobs_as_it_is_is_refused(launcher):
    machine = CONFIG["machine"] | {"launcher": launcher}
    check_configuration(CONFIG | {"machine": machine})
    with pytest.raises(ValueError, match=r"has quotes, a dollar sign or a backslash, .* put the command into a script"):
        check_configuration(CONFIG | {"machine": machine | {"ranks_per_node": 2}})
