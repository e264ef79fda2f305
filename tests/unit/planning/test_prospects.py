"""What samples will lack in datasets is said before these are made."""

import pytest
from snakemake.utils import update_config

from deepgalaxy.planning.mistakes import list_mistakes

TIMES = {"task": "time"}


def sample(groups=("s_*",), cameras=14, window=None, classes=TIMES, **split):
    selection = {"groups": list(groups), "cameras": cameras} | ({"time_myr": window} if window else {})
    split = {"validation": 0.1, "test": 0.1} | split if "folds" not in split else {"validation": 0.1} | split
    return {
        "selection": selection,
        "classes": classes,
        "split": split,
        "images": {"pixels": 8, "dtype": "uint8", "oversampling": 2, "shape": "disc", "half_width_kpc": 50},
    }


def stages(start, end, bins=5):
    return {"task": "stage_bins", "from_myr": start, "to_myr": end, "bins": bins}


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        # 24 mergers and 8 isolated galaxies; snapshots from 0 to 760 Myr, those of isolated galaxies to 50 Myr.
        (sample(["s_9_*"]), "`samples: mine: selection`, of simulated: The glob 's_9_*' matches no group;"),
        (sample(["*"]), "isolated_08 are no mergers and have no class of the task time; leave isolated galaxies out"),
        (sample(["s_*", "isolated_01"]), "classes`, of simulated: isolated_01 is no merger and has no class of the"),
        (sample(["isolated_*"], classes=stages(-100, 400)), "isolated_08 and no merger are selected, and stage_bins"),
        (sample(window=[770, 900]), "`samples: mine: selection: time_myr`, of simulated: There is no snapshot from 77"),
        (sample(["*"], window=[60, 400], classes=stages(-100, 300)), "from 60 to 400 Myr of isolated_01, isolated_02"),
        (sample(window=[301, 319]), "selection`, of simulated: 1 time is selected, too few for 2 classes of time;"),
        (sample(window=[300, 320], classes={"task": "time_bins", "bins": 4}), "3 times are selected, too few for 4"),
        (sample(classes=stages(-500, 400)), "Snapshots go from about -100 to 660 Myr, counted from the first"),
        (sample(classes=stages(-100, 900)), "and the classes from -100 to 900 Myr, so that some would have no image"),
        (sample(folds=25), "split`, of simulated: `folds: 25` needs as many units (simulation), and there are 24;"),
        (sample(folds=8, by="line_of_sight"), "`folds: 8` needs as many units (line_of_sight), and there are 7;"),
        (
            sample(cameras=[0, 1], by="line_of_sight"),
            "A split of 1 unit (line_of_sight) into 1 ",
        ),
        (
            sample(folds=17, by="time_block", block_myr=50, classes={"task": "time_bins", "bins": 4}),
            "`folds: 17` needs as many units (time_block), and there are 16;",
        ),
        (
            sample(by="time_block", block_myr=10, classes={"task": "time_bins", "bins": 77}),
            "split`, of simulated: Each of the 77 classes of time is within one block of 10 Myr, so that none of them",
        ),
        (sample(folds=8, by=["simulation", "line_of_sight"]), "`folds: 8` needs as many units (line_of_sight)"),
        (sample(validation=0, test=0.97), "A split of 24 units (simulation) into 1 for validation and 23 for testing"),
        (sample(training_units=21), "`training_units: 21` asks for more than the 20 units (simulation) that are"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_sample_will_lack_is_one_sentence(config, schema, described, sentence):
    config["samples"]["mine"], config["experiment"]["samples"] = described, ["mine"]
    (mistake,) = list_mistakes(config, schema)
    assert sentence in mistake and mistake.endswith(".")


@pytest.mark.parametrize(
    "described",
    [
        sample(cameras=[0, 2, 3], window=[300, 300], classes={"task": "time_camera"}),
        sample(window=[300, 330], classes={"task": "time_bins", "bins": 4}),
        sample(["*"], window=[50, 400], classes=stages(-50, 300)),
        sample(["*"], folds=32, classes=stages(-100, 600)),
        sample(folds=24),
        sample(folds=7, by="line_of_sight"),
        sample(folds=7, by=["simulation", "line_of_sight"], training_units=15),
        sample(validation=0, test=0.91),
        sample(training_units=20),
        sample(folds=40, by="image"),
        sample(folds=16, by="time_block", block_myr=50, classes={"task": "time_bins", "bins": 4}),
    ],
    ids=str,
)
def test_what_a_sample_will_have_is_taken(config, schema, described):
    config["samples"]["mine"], config["experiment"]["samples"] = described, ["mine"]
    assert list_mistakes(config, schema) == []


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (
            {"groups": ["s_1_m_1", "s_1_m_0.5"], "cameras": [0]},
            "All that is selected of s_1_m_0.5, s_1_m_1 is damaged",
        ),
        ({"groups": ["s_1_m_1", "s_1_m_0.5"], "cameras": [0, 1]}, "A split of 1 unit (simulation) into 1"),
    ],
)
def test_of_a_published_dataset_is_known_what_is_named_in_full(config, schema, selection, sentence):
    update_config(
        config,
        {
            "experiment": {"datasets": ["deepgalaxy_512"], "samples": ["mine"]},
            "datasets": {"deepgalaxy_512": {"damaged": ["s_1_m_1", "s_1_m_0.5/00"]}},
            "samples": {"mine": sample() | {"selection": selection}},
        },
    )
    (mistake,) = list_mistakes(config, schema)
    assert sentence in mistake and ", of deepgalaxy_512: " in mistake
    config["samples"]["mine"] = sample(folds=40)
    assert list_mistakes(config, schema) == []


@pytest.mark.parametrize(("approach_myr", "count"), [(5000, 77), (100, 5)])
def test_mergers_that_never_meet_are_refused(config, schema, approach_myr, count):
    config["datasets"]["simulated"]["mergers"]["approach_myr"] = approach_myr
    config["datasets"]["simulated"]["simulation"]["snapshots"]["count"] = count
    (mistake,) = list_mistakes(config, schema)
    assert "`datasets: simulated`: The last snapshot, at " in mistake and "so that nothing merges" in mistake


def test_a_damaged_unit_that_is_not_simulated_is_refused_before_anything_is(config, schema):
    config["experiment"]["datasets"] = ["simulated"]
    config["datasets"]["simulated"]["damaged"] = ["s_9_m_9/03"]
    (mistake,) = list_mistakes(config, schema)
    assert mistake.startswith("`datasets: simulated`: `damaged` names s_9_m_9/03, and what is simulated is s_")
