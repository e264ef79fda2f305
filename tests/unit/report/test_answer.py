"""What the first screen of the report says of a run."""

from math import nan

import pytest

from deepgalaxy.report.answer import Answer, collect_answers, what_to_trust

RUN = {"dataset": "d", "sample": "s", "fold": nan, "model": "cnn", "workers": 2, "repeat": 0}
METRICS = RUN | {
    "counts_from": "first pericentre",
    "test_images": 100,
    "timed_test_images": 80,
    "test_simulations": 6,
    "test_simulations_trained_on": 0,
    "accuracy": 0.60681,
    "accuracy_low": 0.5589,
    "accuracy_high": 0.6712,
    "median_error_myr": 18.352,
    "median_error_low_myr": 16.678,
    "median_error_high_myr": 19.464,
    "conformal_coverage_68": 0.7,
    "conformal_coverage_68_low": 0.6,
    "conformal_coverage_68_high": 0.8,
}
SKILL = RUN | {"baseline": "nearest_neighbours", "setting": "k=10", "strongest_median_error_myr": 38.662}
SKILL |= {"median_error_gain_low_myr": 11.8}


def test_an_answer_has_its_numbers_in_words():
    (answer,) = collect_answers([METRICS], [SKILL | {"model": "other", "baseline": "linear"}, SKILL])
    assert (answer.error, answer.accuracy) == ("18.4 ± 1.4 Myr", "60.7 ± 5.6 %")
    assert (answer.baseline, answer.baseline_error) == ("nearest neighbours (k=10)", "38.7 Myr")
    none = dict.fromkeys(("median_error_low_myr", "median_error_high_myr"), nan)
    (answer,) = collect_answers([METRICS | none], [SKILL | {"setting": nan}])
    assert (answer.error, answer.baseline) == ("18.4 Myr", "nearest neighbours")


def test_single_folds_have_no_answer_of_their_own():
    folds = [{"fold": fold} for fold in ("1", "2", "all")]
    answers = collect_answers([METRICS | fold for fold in folds], [SKILL | fold for fold in folds])
    assert [answer.run["fold"] for answer in answers] == ["all"]


@pytest.mark.parametrize(
    ("seen", "said"), [(0, ""), (2, "This split leaks: other images of 2 of the 6"), (nan, "It is not known what it")]
)
def test_a_split_that_leaks_is_said_and_one_of_which_nothing_is_known(seen, said):
    (answer,) = collect_answers([METRICS | {"test_simulations_trained_on": seen}], [SKILL])
    assert answer.leak.startswith(said) and bool(answer.leak) == bool(said)


PHASES = [
    {"grouping": "phase", "value": str(phase), "simulations": simulations, "median_error_myr": error}
    for phase, simulations, error in ((0, 6, 12.8), (1, 6, 10.4), (2, 5, 30.2), (9, 1, 80.0))
]


def test_it_is_trusted_where_it_is_good():
    good, bad = what_to_trust(Answer(METRICS, SKILL, ""), [*PHASES, {"grouping": "class"}])
    assert good[1] == "after the first passage: half of the images are dated to 10.4 Myr or better"
    # The phase of a single simulation says more of this one.
    assert bad[1] == "after the second passage: the median error is 30.2 Myr"
    assert good[2] == "its calibrated 68 % intervals: they hold the true time of 70 % of the images"
    assert bad[-1] == "a time of galaxies that are alone or have become one: these are classes without a time"
    good, bad = what_to_trust(
        Answer(METRICS | {"timed_test_images": 100, "conformal_coverage_68_low": nan}, SKILL, ""), []
    )
    assert (len(good), len(bad)) == (1, 1)


@pytest.mark.parametrize("low", [nan, -1.0])
def test_a_network_that_does_not_beat_the_baseline_is_not_trusted(low):
    skill = SKILL | {"median_error_gain_low_myr": low}
    good, bad = what_to_trust(Answer(METRICS | {"conformal_coverage_68_low": nan}, skill, ""), PHASES)
    assert good == [] and bad[1] == "a better time than the strongest baseline gives: that is not shown"


@pytest.mark.parametrize(("low", "high", "trusted"), [(0.3, 0.6, False), (0.7, 0.9, True)])
def test_intervals_that_are_too_narrow_are_not_trusted(low, high, trusted):
    limits = {"conformal_coverage_68_low": low, "conformal_coverage_68_high": high}
    good, bad = what_to_trust(Answer(METRICS | limits, SKILL, ""), [])
    assert [any("68 % intervals" in said for said in of) for of in (good, bad)] == [trusted, not trusted]
    assert not trusted or good[-1].endswith("more than they promise")


def test_where_it_fails_is_said():
    intervals = [
        {"grouping": grouping, "value": value, "simulations": simulations, "conformal_coverage_68": covered}
        for grouping, value, simulations, covered in (
            *(("phase", "1", 6, 0.67), ("phase", "6", 4, 0.5714), ("phase", "8", 1, 0.2), ("group", "s_1_m_1", 2, 0.1)),
        )
    ]
    disturbed = [
        {
            "perturbation": name,
            "value": value,
            "unit": unit,
            "ratio": ratio,
            "ratio_low": low,
            "median_error_myr": error,
        }
        for name, value, unit, ratio, low, error in (
            ("upright", 0.0, "", 1.0, nan, 20.0),
            ("noise", 1.0, "of the faintest light shown", 12.8, 10.8, 261.4),
            ("galaxy", 0.25, "of the width from the centre", 15.0, 0.9, 300.0),
        )
    ]
    _, bad = what_to_trust(Answer(METRICS, SKILL, ""), [], intervals, disturbed)
    assert bad[1:3] == [
        "its 68 % intervals after the sixth passage: they hold the true time of 57 % of the images",
        "disturbed images, worst of all noise in the light (1 of the faintest light shown): the median error is"
        " 261 Myr",
    ]
