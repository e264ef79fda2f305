"""How the report shows values, tables and figures."""

import base64
import hashlib
import html
import re
from pathlib import Path

import pandas as pd
import pytest

from deepgalaxy.figures.table import FIGURES, SECTIONS, SUBJECTS, plan_figures
from deepgalaxy.figures.words import WORDS
from deepgalaxy.files import write_json, write_table
from deepgalaxy.report.contents import Contents, Figure, collect_figures, name_origin, read_contents
from deepgalaxy.report.names import short_names
from deepgalaxy.report.page import say_at_least, write_report
from deepgalaxy.report.values import main_columns, records_of, say_limits, show_cell, show_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, "0.123"),
        (12345.6, "12,346"),
        (-2000.4, "-2,000"),
        (0.00001234, "1.23e-05"),
        (0.0, "0"),
        (7, "7"),
        (4176681423, "4,176,681,423"),
        (True, "yes"),
        ("camera", "camera"),
        (float("nan"), "–"),
    ],
)
def test_values_are_shown_as_a_reader_wants_them(value, shown):
    assert show_value(value) == shown


def test_limits_and_deviations_stand_with_their_values():
    row = {"model": "cnn", "accuracy": 0.8, "accuracy_low": 0.7, "accuracy_high": 0.9}
    row |= {"error_myr": 12.0, "error_low_myr": float("nan"), "error_high_myr": float("nan")}
    row |= {"loss": 0.5, "loss_sd": 0.01, "low_myr": 3.0, "gain": 0.2, "gain_low": -3.8, "gain_high": 4.6}
    columns = ["model", "accuracy", "error_myr", "loss", "low_myr", "gain"]
    assert main_columns([row]) == (columns, [])
    shown = [show_cell(row, column) for column in columns]
    assert shown == ["cnn", "0.800 ± 0.100", "12.0", "0.500 ± 0.010", "3.00", "0.20 ± 4.20"]
    assert [say_limits(row, column) for column in ("accuracy", "loss")] == ["95 % interval: 0.700 to 0.900", ""]


def test_columns_that_tell_nothing_apart_are_said_once_or_left_out():
    rows = [
        {"dataset": "d", "sample": name, "fold": float("nan"), "repeat": 0, "images": 9, "accuracy": 0.5, "note": None}
        for name in "ab"
    ]
    assert main_columns(rows) == (["sample"], ["images", "accuracy"])
    assert main_columns(rows, ["dataset", "accuracy"]) == ([], ["accuracy"])
    rows[0] |= {"accuracy_low": 0.4, "accuracy_high": 0.6}
    rows[1] |= {"accuracy_low": 0.3, "accuracy_high": 0.6}
    assert main_columns(rows) == (["sample", "accuracy"], ["images"])
    assert main_columns(rows[:1]) == (["images", "accuracy"], [])


def test_integers_stay_integers_where_some_are_missing():
    rows = records_of(pd.DataFrame({"dated": [8.0, None], "error": [8.0, 8.5]}))
    assert [show_cell(row, column) for row in rows for column in row] == ["8", "8.00", "–", "8.50"]


def test_runs_are_called_by_what_tells_them_apart():
    folds = [
        f"d/s/fold~{fold}/a_cnn/workers~1/repeat~{repeat}" for fold in ("1", "all") for repeat in ("0", "ensemble")
    ]
    said = ["fold 1, a cnn, repeat 0", "fold 1, a cnn, repeat ensemble", "all folds, a cnn, repeat 0"]
    assert list(short_names(folds).values())[:3] == said
    assert short_names(["d", "e"]) == {"d": "d", "e": "e"} and short_names([]) == {}
    assert list(short_names(["d/s/a/workers~1/repeat~0", "d/s/fold~1/a/workers~1/repeat~0"]).values()) == [
        "a",
        "fold 1, a",
    ]


def test_a_figure_carries_its_file(tmp_path):
    (tmp_path / "a.svg").write_text("<svg/>")
    figure = Figure(tmp_path / "a.svg", "a.svg", "a figure", "a drawing")
    kind, content = figure.address.split(",")
    assert kind == "data:image/svg+xml;base64" and base64.b64decode(content) == b"<svg/>"
    assert figure.drawing == "<svg/>"


# One of each kind, but two runs, and a study that no model is fitted to.
NAMES = {kind: [f"the_{kind}"] for kind in SUBJECTS} | {
    "scored_run": ["one_run", "other_run"],
    "isolated_run": ["one_run"],
    "scored_sample": ["the_scored_sample"],
    "modelled_study": [],
    "other_experiment": ["narrow"],
}


def test_figures_stand_in_their_sections_with_the_names_of_their_subjects():
    paths = [f"{number}.svg" for number, _ in enumerate(plan_figures(NAMES))]
    figures = collect_figures(paths, NAMES, NAMES)
    assert list(figures) == list(SECTIONS)
    assert [figure.path for section in figures.values() for figure in section] == paths
    planned = [(name, run) for name, run in plan_figures(NAMES) if FIGURES[name].section == "errors"]
    said = [WORDS[name].text.format(run.replace("_", " ")) for name, run in planned]
    assert [figure.text for figure in figures["errors"]] == said
    assert [figure.place for figure in figures["errors"]] == [FIGURES[name].path(run) for name, run in planned]
    # Of several runs, the figures of the first are shown.
    assert {figure.fold for figure in figures["errors"]} == {"", "The same: other run"}
    assert "The same as a movie: other run" in {figure.fold for figure in figures["start"]}
    fewer = NAMES | {"observing_run": [], "compared_run": [], "scaling_study": []}
    assert collect_figures(paths[:-3], fewer, fewer)["observed"] == []
    with pytest.raises(ValueError, match="argument"):
        collect_figures(paths[:-1], NAMES, NAMES)


def test_a_figure_of_one_fold_or_repeat_says_how_many_there_are():
    """Of a sample with three folds and one without, on which a model is trained twice."""
    folds = [f"d/folded/fold~{fold}" for fold in (1, 2, 3)]
    nothing = dict.fromkeys(SUBJECTS, ())
    subjects = nothing | {
        "sample": [*folds, "d/whole"],
        "run": [f"{name}/cnn/workers~1/repeat~{n}" for name in (*folds, "d/whole") for n in (0, 1)],
        "scored_sample": [*folds, "d/folded/fold~all"],
    }
    shown = nothing | {
        "sample": [folds[0], "d/whole"],
        "run": [f"{folds[0]}/cnn/workers~1/repeat~0", "d/whole/cnn/workers~1/repeat~0"],
        "scored_sample": ["d/folded/fold~all"],
    }
    figures = collect_figures(["a.svg"] * len(list(plan_figures(shown))), subjects, shown)
    texts = [figure.text for section in figures.values() for figure in section]
    said = [re.findall(r"This is the first of (\d), one for each fold and repeat", text) for text in texts]
    for kind, numbers in (("scored_sample", [[]]), ("sample", [["3"], []]), ("run", [["6"], ["2"]])):
        planned = zip(plan_figures(shown), said, strict=True)
        found = [number for (name, _), number in planned if FIGURES[name].of == kind]
        assert found == numbers * (len(found) // len(numbers)) and found


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "all"),
        (0.99996, "at least 99.9 %"),
        (0.999, "at least 99.9 %"),
        (0.289, "at least 28.9 %"),
        (0.0, "at least 0.0 %"),
        (float("nan"), None),
    ],
)
def test_what_a_share_is_at_least_is_never_rounded_up(share, said):
    assert say_at_least(share) == said


@pytest.fixture
def files(tmp_path):
    """The paths of the results of which a report is made."""

    def table(name, *rows):
        write_table(pd.DataFrame(rows), tmp_path / f"{name}.csv")
        return str(tmp_path / f"{name}.csv")

    def document(name, **item):
        write_json(item, tmp_path / f"{name}.json")
        return str(tmp_path / f"{name}.json")

    def figure(number, suffix):
        (tmp_path / f"{number}{suffix}").write_text(f"figure {number}")
        return str(tmp_path / f"{number}{suffix}")

    run = {"dataset": "the_dataset", "sample": "ten", "fold": None, "model": "cnn", "workers": 2, "repeat": 0}
    run |= {"counts_from": "first pericentre", "timed_test_images": 6, "timed_test_simulations": 1}
    scores = {"accuracy": 0.75, "accuracy_low": 0.5, "accuracy_high": 1.0, "classes": 4, "chance": 0.25}
    scores |= {"test_images": 8, "test_simulations": 3, "test_simulations_trained_on": 0, "median_error_myr": 12.0}
    scores |= {
        "median_error_low_myr": 10.0,
        "median_error_high_myr": 20.0,
        "baseline_median_error_myr": 90.0,
        "median_error_floor_myr": 7.5,
    }
    scores |= {"validation_rank": 1, "validation_cross_entropy": 0.6, "validation_accuracy": 0.7, "cross_entropy": 0.65}
    scores |= {"validation_median_error_myr": 11.0}
    names = ("top5_accuracy", "majority_accuracy", "mean_error_myr", "calibration_error", "scaled_calibration_error")
    scores |= dict.fromkeys((*names, "coverage_68", "scaled_coverage_68", "conformal_coverage_68"), 0.5)
    widths = {f"conformal_width_{percent}_myr": None for percent in (68, 90)}
    scores |= {"conformal_coverage_90": None, "intervals": "not available"} | widths
    scores |= {"conformal_coverage_68_low": 0.4, "conformal_coverage_68_high": 0.6}
    kinds = [
        f"{kind}{what}_{share}" for kind in ("", "scaled_") for what in ("coverage", "width") for share in (68, 90)
    ]
    covered = {name if "coverage" in name else f"{name}_myr": 0.5 for name in kinds}
    covered |= {"grouping": "phase", "value": 1, "images": 4, "simulations": 2, "intervals": "not available"}
    covered |= {"conformal_coverage_68": 0.5, "conformal_coverage_90": None} | widths
    baseline = dict.fromkeys(
        ("accuracy", "top5_accuracy", "median_error_myr", "median_error_floor_myr", "mean_error_myr"), 0.5
    )
    baseline |= {
        "validation_median_error_myr": 0.5,
        "baseline": "linear",
        "setting": "C=1",
        "calibration_error": 0.1,
        "counts_from": "first pericentre",
    }
    skill = {
        "baseline": "linear",
        "setting": "C=1",
        "median_error_myr": 12.0,
        "strongest_median_error_myr": 20.0,
        "median_error_floor_myr": 7.5,
    }
    skill |= {"median_error_gain_myr": 8.0, "median_error_gain_low_myr": 2.0, "median_error_gain_high_myr": 9.0}
    skill |= {"accuracy": 0.75, "strongest_accuracy": 0.5, "accuracy_gain": 0.25, "verdict": "It beats that."}
    scaling = {"dataset": "d", "sample": "s", "model": "cnn", "kind": "weak", "source": "measured here", "workers": 2}
    scaling |= {"batch_size": 8, "runs": 3, "images_per_second": 100.0, "efficiency": 0.95, "efficiency_low": 0.9}
    scaling |= {"efficiency_high": 1.0}
    scaling |= {f"{part}_seconds": 1.0 for part in ("compute", "input", "exchange", "validation")}
    observed = {"file": "m51.png", "class": "late", "timed_probability": 1.0, "counts_from": "first pericentre"}
    observed |= {"reason": None, "expected_myr": 75.0, "low_myr": 50.0, "high_myr": 90.0}
    made = {"reconstruction": "autoencoder", "images": 8, "simulations": 3, "mae": 0.01, "worst_mae": 0.02, "ssim": 0.9}
    made |= {"worst_ssim": 0.8, "psnr": 30.0}
    latent = {"space": "vector", "gallery": "other mergers", "phase": "all", "queries": 8, "dimensions": 16}
    latent |= dict.fromkeys(("rate_nats", "active_units", "turned_overlap", "turns_share_within"), 1.0)
    latent |= dict.fromkeys(("share_within", "same_line", "map_purity", "chance_purity"), 0.5)
    latent |= {"median_difference_myr": 10.0, "median_difference_low_myr": 5.0, "median_difference_high_myr": 15.0}
    similar = {"file": "m51.png", "reason": None, "spread_myr": 40.0}
    similar |= {f"similar_{n}_{name}": 20.0 for n in range(1, 6) for name in ("group", "target_myr")}
    compared = {f"other_{name}": run[name] for name in ("sample", "model")} | {"other_is": "same names", "paired": True}
    compared |= dict.fromkeys(("test_simulations", "other_test_simulations"), 3)
    scored = ("validation_cross_entropy", "accuracy", "median_error_myr")
    compared |= dict.fromkeys((*scored, *(f"other_{name}" for name in scored)), 0.5)
    compared |= dict.fromkeys(("accuracy_gain", "median_error_gain_myr"), 0.0)
    tried = {"validation_loss": 0.5, "validation_accuracy": 0.7, "epoch": 16, "chosen": True}
    catalogue = {"group": "s_1_m_1", "camera": 0, "snapshots": 71, "width": 48, "height": 48}
    catalogue |= {"damaged": False, "isolated": False, "share_inside": 0.98}
    training = {"options": {"architecture": "reference_cnn"}, "parameters": 1000, "seed": 1, "workers": 2}
    training |= {"threads_per_worker": 1, "ranks": [{"host": "here", "gpu": None}], "versions": {"keras": "3"}}
    suffixes = [Path(FIGURES[name].pattern).suffix for name, _ in plan_figures(NAMES)]
    return {
        "metrics": table("metrics", run | scores),
        "skill": table("skill", run | {"repeat": 1} | skill | {"verdict": "Of another run."}, run | skill),
        "summary": table("summary", {"model": "cnn", "repeats": 1}),
        "scaling": table("scaling", scaling),
        "throughput": table("throughput", run),
        "claims": table(
            "claims", {"claim": "It works.", "source": "paper", "verdict": "reproduced", "evidence": "Yes."}
        ),
        "baselines": [table("baselines", baseline)],
        "isolated": [table("isolated", {"true": "merger", "called": "isolated galaxy", "share": 0.25})],
        "intervals": [table(f"intervals{n}", covered) for n in (1, 2)],
        "properties": [table("properties", {"property": "lone", "model": "network", "auc": 0.9})],
        "novelty": [table("novelty", {"set": "noise", "images": 40, "share_warned": 1.0})],
        "encoder_latent": [table("latent", latent)],
        "encoder_reconstruction": [table("made", made)],
        "similar": [table("similar", similar)],
        "comparison": [table("comparison", run | compared)],
        "differing_settings": [table("settings", {"setting": "seed", "here": 1, "there": 2})],
        "sweeps": [table("sweeps", {"workers": 2, "options": "noise: 0", "repeats": 1, **tried})],
        "errors": [table(f"errors{n}", {"grouping": "camera", "value": n, "accuracy": 0.5}) for n in (1, 2)],
        "observed": [table("observed", observed | {"novelty": 0.5, "warning": None})],
        "observed_agreement": [table("agreement", {"published": 9, "dated": 8, "rank_correlation": 0.5})],
        "robustness": [table("robustness", {"perturbation": "turn", "value": 45, "ratio": 1.05})],
        "scaling_model": [],
        "scaling_parameters": [],
        "figures": [figure(number, suffix) for number, suffix in enumerate(suffixes)],
        "catalogues": [table("catalogue", catalogue | {"t_first_myr": 0, "t_last_myr": 350})],
        "runs": [document("run", **training, machine={"processor": "P", "cores": 2})],
    }


def test_the_contents_of_the_report_are_read_from_the_results(files):
    contents = read_contents(files, NAMES, NAMES)
    assert contents.tables["errors"][["value", "subject"]].to_numpy().tolist() == [[1, "one_run"], [2, "other_run"]]
    assert contents.tables["baselines"]["subject"].tolist() == ["the_scored_sample"]
    assert contents.tables["observed"]["subject"].tolist() == ["the_observing_run"]
    assert contents.tables["scaling_model"].empty and contents.models == []
    assert contents.tables["metrics"].shape[0] == 1 and contents.runs["the_run"]["parameters"] == 1000
    assert list(contents.catalogues) == ["the_dataset"]
    assert sum(map(len, contents.figures.values())) == len(files["figures"])
    with pytest.raises(ValueError, match="argument"):
        read_contents(files | {"errors": files["errors"][:1]}, NAMES, NAMES)
    with pytest.raises(ValueError, match="argument"):
        read_contents(files | {"runs": files["runs"] * 2}, NAMES, NAMES)


def test_the_page_shows_the_contents(files, tmp_path):
    contents = read_contents(files, NAMES, NAMES)
    write_report(contents, {"datasets": {"the_dataset": {}}}, {"Commit": "abc"}, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    planned = [(FIGURES[name], WORDS[name], subject) for name, subject in plan_figures(NAMES)]
    figures = [html.unescape(part.partition("</figure>")[0]) for part in page.split('<figure title="figures/')[1:]]
    assert [part.partition('"')[0] for part in figures] == [kind.path(subject) for kind, _, subject in planned]
    for number, (part, (kind, words, _)) in enumerate(zip(figures, planned, strict=True)):
        if kind.live:
            assert f'aria-label="{words.alt}">figure {number}<' in part
        else:
            content, alt = re.search(r'base64,(.*?)" alt="(.*?)"', part).groups()
            assert (base64.b64decode(content).decode(), alt) == (f"figure {number}", words.alt)
    captions = re.findall(r"<figcaption>(.*?)<", html.unescape(page))
    assert captions == [words.text.format(subject.replace("_", " ")) for _, words, subject in planned]
    words = " ".join(page.split())
    assert (
        "Half of the images are dated to 12.0 ± 5.0 Myr or better</strong> (± half of the 95 % interval over 1" in words
    )
    assert "the strongest baseline, linear (C=1), reaches 20.0 Myr" in words
    assert "<strong>75.0 ± 25.0 %</strong> of 8 images of 3 simulations (chance: 25.0 %)" in words
    assert "the error is that of the 6 images whose class has a time" in words
    # A picture comes first, then the answer, its verdict and what to trust it for; all tables later.
    places = [
        page.index(part) for part in ("<figure", "Half of the images", "It beats that.", "Trust it for", "<table")
    ]
    assert places == sorted(places) and places[-1] < page.index('id="data"')
    assert "8.00 ± 3.50" in page and 'title="95 % interval: 2.00 to 9.00"' in page
    assert "the images show at least 98.0 % of the stars' mass" in words
    assert "<strong>the_run</strong>: reference_cnn with 1,000 parameters, seed 1" in words
    # Columns are named in captions as they are in the table.
    assert "“counts from”" in words and "<dt>counts from</dt>" in words and "“counts_from”" not in words
    assert re.search(r"<th scope=.row. class=.text.>Commit</th><td class=.text.>abc</td>", page)
    assert set(re.findall(r'data-table="(\w+)"', page)) == contents.tables.keys() - {"scaling_model"}


def test_the_table_of_contents_names_the_sections_that_there_are(files, tmp_path):
    write_report(read_contents(files, NAMES, NAMES), {"datasets": {"the_dataset": {}}}, {}, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    sections = re.findall(r'<section id="(\w+)">', page)
    assert re.findall(r'<a href="#(\w+)">', page.partition("</nav>")[0]) == sections
    assert sections == ["answer", *SECTIONS[1:], "claims", "provenance"]
    for section in page.split('<section id="')[2:]:
        assert section.count('class="look"') == 1, "each section says in a line what to look at"


def test_what_is_empty_is_left_out_of_the_page(files, tmp_path):
    nothing = {"observed": pd.DataFrame(), "similar": pd.DataFrame()}
    contents = read_contents(files, NAMES, NAMES)
    contents = Contents(
        contents.tables | nothing,
        contents.figures | {"observed": [], "similar": []},
        contents.catalogues,
        contents.runs,
        [],
    )
    write_report(contents, {"datasets": {"the_dataset": {}}}, {}, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert 'id="observed"' not in page and "encoder-decoder" not in page and 'id="scaling"' in page


def test_the_origin_of_a_report_has_the_digest_of_each_dataset(tmp_path):
    (tmp_path / "images.hdf5").write_text("data")
    origin = name_origin(tmp_path, "snakemake -c 2", {"d": str(tmp_path / "images.hdf5")}, tmp_path / "none.txt", 1)
    assert origin == {
        "Commit": "not under version control",
        "Command": "snakemake -c 2",
        "SHA-256 of d": hashlib.sha256(b"data").hexdigest(),
    }
