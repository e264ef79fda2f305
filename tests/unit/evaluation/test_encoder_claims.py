"""What is said of the paper's encoder-decoder follows from the tables, and from the baselines beside it."""

import pandas as pd
import pytest

from deepgalaxy.evaluation.encoder_claims import ACROSS_LINES, EncoderTables, judge_encoders
from deepgalaxy.evaluation.verdicts import AT_SMALL_SCALE, NOT_BORNE_OUT, NOT_TRIED, REPRODUCED, UNDECIDED

NAME = {"dataset": "simulated", "sample": "ten", "encoder": "small", "workers": 1, "repeat": 0}
RUN = NAME | {"fold": None, "model": "on_maps"}
NAN = float("nan")


def made(name, mae, spread=0.001, worst_ssim=0.97):
    about = {"reconstruction": name, "simulations": 4, "ssim": 0.98, "worst_ssim": worst_ssim}
    return NAME | about | {"mae": mae, "mae_low": mae - spread, "mae_high": mae + spread}


def found(space, share, gallery, purity, spread=0.01, **more):
    limits = {"share_within": share, "share_within_low": share - spread, "share_within_high": share + spread}
    limits |= {"map_purity": purity, "map_purity_low": purity - spread, "map_purity_high": purity + spread}
    about = {"space": space, "gallery": gallery, "phase": "all", "median_difference_myr": 20.0, "chance_purity": 0.1}
    return NAME | about | limits | more


MADE = {
    "autoencoder": 0.011,
    "variational": 0.021,
    "mean_image": 0.074,
    "nearest_image": 0.025,
    "pca_16": 0.035,
    "pca_64": 0.018,
}
SHARES = {"vector": 0.8, "pca_16": 0.5, "statistics": 0.4, "features of cnn": 0.78}
UNITS = {"dimensions": 16, "rate_nats": 67.0, "active_units": 16}
PURITY = {"vector": 0.8, "pca_16": 0.7, "statistics": 0.5, "features of cnn": 0.9}


def judge(made_of=None, shares=None, purity=None, units=None, skill=(), published=(), **kinds):
    """The verdict and the evidence of each of the five claims, of an encoder that does well, with changes."""
    share_of, pure = SHARES | (shares or {}), PURITY | (purity or {})
    tables = EncoderTables(
        pd.DataFrame([made(name, mae, **kinds) for name, mae in (MADE | (made_of or {})).items()]),
        # What is similar along the same line of sight does not count.
        pd.DataFrame(
            [
                found(space, share, gallery, pure[space], **(UNITS | (units or {}) if space == "vector" else {}))
                for gallery, of_spaces in (("other mergers", dict.fromkeys(SHARES, 0.9)), (ACROSS_LINES, share_of))
                for space, share in of_spaces.items()
            ]
        ),
        {"on_maps": ["end_to_end"]},
    )
    rows = pd.DataFrame(skill, columns=[*RUN, *scores(0, 0)])
    return [row[1:] for row in judge_encoders(tables, rows, set(published))]


def scores(gain, low):
    return {
        "median_error_myr": 12.0,
        "strongest_median_error_myr": 12.0 + gain,
        "median_error_gain_myr": gain,
        "median_error_gain_low_myr": low,
    }


def verdicts(**changes):
    return [verdict for verdict, _ in judge(**changes)]


def test_an_encoder_that_does_well():
    judged = judge(skill=[RUN | scores(5.0, 2.0), RUN | scores(9.0, 3.0) | {"model": "end_to_end"}])
    assert [verdict for verdict, _ in judged] == [AT_SMALL_SCALE] * 5
    evidence = [text for _, text in judged]
    assert "difference 0.0110 (0.0100 to 0.0120) over 4 test simulations, against 0.0180" in evidence[0]
    assert "from 64 principal components" in evidence[0] and "in the worst simulation 0.970" in evidence[0]
    assert evidence[1].startswith("small: 16 of 16 numbers in use, 67 nats an image;")
    assert "0.80 (0.79 to 0.81) are of the same part of time; 0.70" in evidence[2]
    assert "0.78 (0.77 to 0.79) by the features of cnn" in evidence[3]
    assert evidence[4] == (
        "on_maps on ten: median error 12 Myr, against 17 Myr by the strongest baseline, 12 Myr by end_to_end, trained"
        " end to end."
    )
    assert verdicts(published={"simulated"})[0] == REPRODUCED


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"made_of": {"pca_64": 0.011}}, 0),
        ({"worst_ssim": 0.94}, 0),
        ({"made_of": {"pca_16": 0.02}}, 1),
        ({"made_of": {"nearest_image": 0.021}}, 1),
        ({"units": {"active_units": 7}}, 1),
        ({"units": {"rate_nats": 0.5}}, 1),
        ({"purity": {"pca_16": 0.8}}, 2),
        ({"purity": {"statistics": 0.85}}, 2),
        ({"shares": {"statistics": 0.8}}, 3),
        ({"shares": {"pca_16": 0.81}}, 3),
        ({"skill": [RUN | scores(0.0, -1.0)]}, 4),
    ],
    ids=str,
)
def test_what_a_baseline_does_as_well_is_not_borne_out(changes, place):
    assert verdicts(**changes)[place] == NOT_BORNE_OUT


def test_overlapping_or_missing_intervals_decide_nothing():
    assert verdicts(spread=0.005)[:2] == [UNDECIDED, UNDECIDED]
    assert verdicts(spread=NAN)[:2] == [UNDECIDED, UNDECIDED]
    # Of a single simulation nothing follows, for or against.
    assert verdicts(spread=NAN, made_of={"pca_64": 0.001, "pca_16": 0.001}, worst_ssim=0.1)[:2] == [
        UNDECIDED,
        UNDECIDED,
    ]
    assert verdicts(skill=[RUN | scores(-5.0, NAN)])[4] == UNDECIDED
    assert verdicts(shares={"statistics": 0.79})[3] == UNDECIDED
    assert verdicts(purity={"pca_16": 0.785})[2] == UNDECIDED
    assert verdicts(skill=[RUN | scores(5.0, NAN)])[4] == verdicts(skill=[RUN | scores(5.0, -1.0)])[4] == UNDECIDED


def test_a_single_fold_and_an_ensemble_do_not_count():
    better, worse = RUN | scores(5.0, 2.0), RUN | scores(-5.0, -9.0)
    assert verdicts(skill=[better, worse | {"repeat": "ensemble"}, worse | {"fold": "1"}])[4] == AT_SMALL_SCALE


def test_without_an_encoder_nothing_was_tried():
    nothing = EncoderTables(*[pd.DataFrame()] * 2, {})
    judged = list(judge_encoders(nothing, pd.DataFrame([RUN | {"model": "cnn"}]), set()))
    assert {verdict for _, verdict, _ in judged} == {NOT_TRIED} and len(judged) == 5
    assert judged[0][2].startswith("No encoder is among") and judged[4][2].startswith("No model")
