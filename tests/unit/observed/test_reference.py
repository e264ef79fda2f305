"""Times of observed mergers against published ones; simulated times stand in for both."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from deepgalaxy.observed.agreement import FEWEST, compare_with_reference, rank_correlation, summarise_agreement
from deepgalaxy.observed.reference import PublishedTime, read_reference

HEADER = "file,myr_since_pericentre,source\n"


def test_a_table_is_read_whatever_wrote_it(tmp_path):
    (tmp_path / "table.csv").write_text(
        '\ufeffsource, file ,note,myr_since_pericentre\n"Holincheck, 2016",arp240.fits,,230\n\n,ngc 1.png,x,-1.5e1\n',
        encoding="utf-8",
    )
    assert read_reference(tmp_path / "table.csv") == [
        PublishedTime("arp240.fits", 230.0, "Holincheck, 2016"),
        PublishedTime("ngc 1.png", -15.0, ""),
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["lacks the columns file, myr_since_pericentre, source"]),
        ("file,source\na.png,x\n", ["lacks the column myr_since_pericentre"]),
        (HEADER, ["has no row"]),
        (HEADER + "a.png,early,x\n", ["line 2 has 'early' for a time; give a number of Myr"]),
        (HEADER + "a.png,nan,x\nb.png,,x\n", ["line 2 has 'nan'", "line 3 has '' for a time"]),
        (HEADER + ",5,x\n", ["line 2 names no file"]),
        (HEADER + "a.png,5,x\nb.png,6,x\n./a.png,7,y\n", ["a.png is named 2 times"]),
    ],
)
def test_what_is_wrong_with_a_table_is_a_sentence_each(tmp_path, text, sentences):
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ValueError, match="`observed: reference` is ") as raised:
        read_reference(tmp_path / "table.csv")
    lines = str(raised.value).splitlines()
    assert len(lines) == len(sentences)
    for line, sentence in zip(lines, sentences):
        assert sentence in line


def test_a_table_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_reference(tmp_path / "missing.csv")
    (tmp_path / "table.csv").write_bytes(b"file\xff")
    with pytest.raises(ValueError, match="not a text in UTF-8"):
        read_reference(tmp_path / "table.csv")


OBSERVED = pd.DataFrame(
    {
        "file": ["a.png", "broken.png", "c.png"],
        "used": [True, False, True],
        "reason": [None, "The file is empty.", None],
        "expected_myr": [100.0, np.nan, 40.0],
        "low_myr": [80.0, np.nan, 30.0],
        "high_myr": [130.0, np.nan, 60.0],
        "novelty": [0.5, np.nan, 3.0],
        "warning": [None, None, "Far."],
    }
)


def test_each_published_time_has_a_row_with_a_reason_where_it_cannot_be_compared():
    published = [("c.png", 70.0), ("broken.png", 5.0), ("a.png", 130.0), ("missing.png", 7.0)]
    compared = compare_with_reference(OBSERVED, [PublishedTime(name, myr, "a paper") for name, myr in published])
    assert list(compared["file"]) == [name for name, _ in published]
    c, broken, a, missing = compared.to_dict("records")
    assert (c["difference_myr"], c["within"], c["novelty"]) == (-30, False, 3)
    assert (a["difference_myr"], a["within"]) == (-30, True)  # at the very end of its interval
    assert broken["reason"] == "broken.png was not dated. The file is empty."
    assert missing["reason"] == "missing.png is not among the observed images; put it into their directory."
    summary = summarise_agreement(compared, 100.0, 1)
    assert (summary["published"], summary["dated"], summary["within"]) == (4, 2, 1)
    assert (summary["median_difference_myr"], summary["training_median_difference_myr"]) == (30, 30)
    assert summary["rank_correlation"] is None and summary["median_difference_low_myr"] is None
    nothing = summarise_agreement(compared.iloc[[1, 3]], 100.0, 1)
    assert nothing["dated"] == nothing["within"] == 0 and nothing["median_difference_myr"] is None


def test_the_agreement_has_intervals_over_the_systems():
    drawn = np.random.default_rng(1)
    published = drawn.uniform(0, 400, 9)
    expected = published + drawn.normal(0, 40, 9)
    compared = pd.DataFrame(
        {
            "file": [f"{number}.png" for number in range(9)],
            "published_myr": published,
            "expected_myr": expected,
            "within": np.abs(published - expected) < 40,
        }
    )
    summary = summarise_agreement(compared, 200.0, 1)
    assert summary["rank_correlation"] == pytest.approx(spearmanr(expected, published).statistic)
    assert summary["rank_correlation_low"] < summary["rank_correlation"] <= summary["rank_correlation_high"]
    assert summary["median_difference_myr"] == pytest.approx(np.median(np.abs(expected - published)))
    assert summary["median_difference_low_myr"] < summary["median_difference_high_myr"]
    assert summary["median_difference_myr"] < summary["training_median_difference_myr"]
    assert summarise_agreement(compared[:FEWEST], 200.0, 1)["rank_correlation"] is not None
    assert rank_correlation(np.array([[1.0, 2.0], [1.0, 3.0]])) == 0
