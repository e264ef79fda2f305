"""The whole chain from simulations to the report, on tiny mergers, in a copy of this checkout that may be edited."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import h5py
import imageio.v3 as imageio
import keras
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import accuracy_score

from deepgalaxy.cluster.job import TrainingJob
from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.evaluation.inference import predict_images
from deepgalaxy.figures.table import FIGURES
from support.dry_run import planned

# Written out, as a check of deepgalaxy.planning.runs.
RUN = "results/models/tiny/four_stages/reference_cnn/workers~2/repeat~0"
NOT_IN_TINY = ("observing_run", "compared_run", "property_run", "robust_run", "searching_encoder", "sweep")
"""Subjects of figures of which the small chain has none."""
FIGURES_OF_A_RUN = ("training", "predictions", "pit", "intervals", "errors")
GROUPS = ["s_0.75_m_1", "s_1.25_m_1", "s_1_m_1"]


def can_be_opened(path):
    """Whether a file is what its suffix says, and not empty."""
    if path.suffix in (".hdf5", ".keras"):
        return h5py.is_hdf5(path) if path.suffix == ".hdf5" else zipfile.is_zipfile(path)
    if path.suffix == ".png":
        return imageio.imread(path).std() > 0
    if path.suffix == ".svg":
        return len(ElementTree.parse(path).getroot()) > 0
    if path.suffix == ".csv":
        return len(pd.read_csv(path)) > 0
    text = path.read_text()
    return len(json.loads(text) if path.suffix == ".json" else text) > 0


def test_all_products_are_in_their_places(chain):
    run = RUN.removeprefix("results/models/")
    products = [f"results/{name}" for name in ("report.html", "provenance.json", "ro-crate-metadata.json")]
    products += [f"{RUN}/{name}" for name in ("model.keras", "classes.csv", "train_log.txt", "epochs.jsonl")]
    products += [f"{RUN}/{name}" for name in ("predictions.hdf5", "validation_predictions.hdf5", "metrics.json")]
    products += [
        f"{RUN}/examples.hdf5",
        *(f"results/samples/tiny/four_stages/{name}" for name in ("morphology.csv", "baselines.hdf5")),
    ]
    tables = ["metrics", "skill", "summary", "throughput", "scaling", "claims", "baselines/tiny/four_stages"]
    products += [f"results/tables/{name}.csv" for name in (*tables, f"errors/{run}", f"intervals/{run}")]
    products += [f"results/tables/scaling_model/tiny/four_stages/reference_cnn.{kind}" for kind in ("csv", "json")]
    products += [f"results/figures/{kind}/{run}.svg" for kind in FIGURES_OF_A_RUN]
    products += [f"results/figures/{kind}/tiny/four_stages.svg" for kind in ("skill", "sample", "morphology")]
    products += ["results/figures/scaling/tiny/four_stages/reference_cnn.svg", "results/figures/contact_sheet/tiny.png"]
    products += [f"results/figures/examples/{run}.png"]
    for product in products:
        assert can_be_opened(chain / product), product
    assert not list(chain.rglob("*.partial*"))
    log = (chain / f"logs/train_model/{run}.log").read_text()
    assert "epoch 2 of 2" in log and "epoch 2 of 2" in (chain / "first_run.txt").read_text()


def test_the_dataset_has_the_published_layout(chain):
    with h5py.File(chain / "results/datasets/tiny/images.hdf5") as file:
        assert list(file) == GROUPS
        seeds = {file[group].attrs["seed"] for group in file}
        pericentres = {file[group].attrs["pericentre_kpc"] for group in file}
        assert len(seeds) == len(pericentres) == 3
        for group in file.values():
            assert sorted(group) == [f"{n}_camera_{c:02d}" for n in ("images", "t_myr") for c in range(CAMERA_COUNT)]
            images, t_myr = group["images_camera_05"], group["t_myr_camera_05"]
            assert images.shape == (16, 48, 48, 1) and images.dtype == np.float16 and images.chunks == (1, 48, 48, 1)
            assert t_myr.dtype.kind == "i" and t_myr[:].tolist() == list(range(0, 320, 20))
            assert images[:].min() >= 0 and 0.5 < images[:].max() <= 1
            assert abs(group.attrs["energy_error"]) < 0.02
            assert group.attrs["separation_kpc"][0] == pytest.approx(group.attrs["starting_distance_kpc"], abs=1.5)
            assert len(group.attrs["pericentres_myr"]) >= 1
        assert file["s_0.75_m_1"].attrs["size_ratio"] == 0.75
    assert len(pd.read_csv(chain / "results/datasets/tiny/catalogue.csv")) == 3 * CAMERA_COUNT


def test_the_sample_is_split_by_simulation_and_prepared_from_its_own_images(chain):
    sample = chain / "results/samples/tiny/four_stages"
    split = pd.read_csv(sample / "split.csv")
    assert split.groupby("split")["group"].nunique().to_dict() == {"test": 1, "train": 1, "validation": 1}
    assert len(pd.read_csv(sample / "classes.csv")) == 4
    rows = []
    for name in ("train", "validation", "test"):
        with h5py.File(sample / f"{name}.hdf5") as file, h5py.File(sample / "subset.hdf5") as subset:
            rows += file["row"][:].tolist()
            assert set(split.loc[file["row"][:], "split"]) == {name}
            assert (np.diff(file["row"][:]) < 0).any(), "the images are to be shuffled"
            image, row = file["images"][7, :, :, 0] / 255, split.loc[file["row"][7]]
            native = subset[row["group"]][f"images_camera_{row['camera']:02d}"][row["snapshot"], :, :, 0]
            assert image.mean() == pytest.approx(native.astype(float).mean(), abs=0.004)
    assert sorted(rows) == list(range(3 * CAMERA_COUNT * 16))


def test_tables_and_report_agree_with_the_run(chain):
    metrics = pd.read_csv(chain / "results/tables/metrics.csv")
    throughput = pd.read_csv(chain / "results/tables/throughput.csv")
    assert len(metrics) == len(throughput) == 1
    with h5py.File(chain / RUN / "predictions.hdf5") as file:
        accuracy = accuracy_score(file["label"][:], file["probabilities"][:].argmax(axis=1))
    assert metrics["accuracy"][0] == pytest.approx(accuracy)
    last = json.loads((chain / RUN / "epochs.jsonl").read_text().splitlines()[-1])
    assert throughput["images_per_second"][0] == pytest.approx(
        last["images"] / max(rank["train"] for rank in last["seconds"])
    )
    report = (chain / "results/report.html").read_text()
    assert f"{100 * accuracy:.1f} %" in report


def test_snakemakes_own_report_holds_the_same_figures(chain, snakemake):
    assert snakemake("--report", "report.zip").returncode == 0
    with zipfile.ZipFile(chain / "report.zip") as report:
        shown = {report.read(name) for name in report.namelist()}
    figures = {path: path.read_bytes() for path in (chain / "results/figures").rglob("*.*")}
    drawn = {path.relative_to(chain / "results/figures").parts[0] for path in figures}
    assert drawn == {name for name, kind in FIGURES.items() if kind.of not in NOT_IN_TINY}
    assert [path for path, figure in figures.items() if figure not in shown] == []


def test_scrambled_training_labels_leave_nothing_to_be_learned(chain, run, tmp_path):
    """Whatever the network could know of the held-out simulation without labels would show here."""
    sample = chain / "results/samples/tiny/four_stages"
    accuracy = {}
    for scramble in (False, True):
        data = tmp_path / str(scramble)
        data.mkdir()
        for name in ("train", "validation"):
            shutil.copy(sample / f"{name}.hdf5", data)
            with h5py.File(data / f"{name}.hdf5", "r+") as file:
                if scramble:
                    file["label"][:] = np.random.default_rng(1).permutation(file["label"][:])
        result = run(
            *(*TrainingJob(2, 1, 1).launch_command(), sys.executable, "-m", "deepgalaxy.train"),
            *(f"--train={data}/train.hdf5", f"--validation={data}/validation.hdf5", "--threads=2", "--workers=2"),
            *(f"--classes={sample}/classes.csv", f"--output={data}", "--architecture=reference_cnn"),
            *("--epochs=30", "--batch-size=8", "--learning-rate=0.002", "--mirror"),
        )
        assert result.returncode == 0, result.stderr
        predict_images(
            keras.saving.load_model(data / "model.keras"), sample / "test.hdf5", data / "predictions.hdf5", 32
        )
        with h5py.File(data / "predictions.hdf5") as file:
            accuracy[scramble] = accuracy_score(file["label"][:], file["probabilities"][:].argmax(axis=1))
    # Chance is 0.25 in four equal bins of time.
    assert accuracy[False] > 0.42
    assert accuracy[True] < 0.36


@pytest.mark.usefixtures("chain")
def test_a_second_run_does_nothing(snakemake):
    result = snakemake()
    assert "Nothing to be done" in result.stdout + result.stderr
    assert planned(snakemake("-n")) == set()


REPORT = {"judge_claims", "write_report", "write_provenance", "write_crate", "all"}
TRAINING = {
    *("train_model", "predict_images", "evaluate_predictions", "break_down_errors", "explain_examples"),
    *(
        "tabulate_intervals",
        "plot_intervals",
        "tabulate_metrics",
        "tabulate_skill",
        "tabulate_throughput",
        "plot_skill",
    ),
    *("plot_training", "plot_predictions", "plot_pit", "plot_errors", "plot_examples"),
    *("plot_timeline", "plot_movie", "plot_dates"),
    *("pack_dater", "measure_novelty", "plot_embedding"),
    *REPORT,
}
# Features of the networks are among the spaces that the encoder-decoder is compared with.
COMPARISON = {
    *("encode_images", "plot_queries", "score_encoder", "plot_latent", "plot_retrieval", "plot_reconstructions"),
}
ENCODER = {
    *("train_autoencoder", "train_vae", "decode_images", "reconstruct_images", "walk_through_vector", "plot_walk"),
    *COMPARISON,
}
TRAINING |= COMPARISON
SCALING = {"measure_throughput", "tabulate_scaling", "model_scaling", "plot_scaling"}
# All that comes of a sample whose images changed, and of one whose images are others.
BASELINES = {"measure_morphology", "plot_morphology", "find_components", "score_baselines"}
SAMPLE = {"prepare_images", *BASELINES, *SCALING, *TRAINING, *ENCODER}
SPLIT = {"split_images", "plot_sample", "plot_parameters", *SAMPLE}
SHEETS = {"plot_mergers", "plot_contact_sheet"}


@pytest.mark.usefixtures("chain")
def test_the_memory_budget_changes_no_result(with_settings):
    assert planned(with_settings({"machine": {"memory_budget_mib": 64}}, "-n")) <= REPORT - {"judge_claims"}


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        ({"models": {"reference_cnn": {"epochs": 3}}}, TRAINING),
        ({"models": {"reference_cnn": {"noise": 0.1}}}, TRAINING | SCALING),
        ({"scaling": {"steps_per_epoch": 4}}, SCALING | REPORT),
        (
            {"prediction": {"turns": 1}},
            TRAINING - {"train_model", "tabulate_throughput", "plot_training", *COMPARISON},
        ),
        ({"samples": {"four_stages": {"images": {"pixels": 24}}}}, SAMPLE),
        ({"samples": {"four_stages": {"split": {"test": 0.34}}}}, SPLIT),
        ({"samples": {"four_stages": {"selection": {"cameras": 7}}}}, {"select_images", *SPLIT}),
        (
            {"datasets": {"tiny": {"rendering": {"half_width_kpc": 30}}}},
            {"render_galaxies", "assemble_dataset", "catalogue_dataset", *SHEETS, "select_images", *SPLIT},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",  # a set has no order
)
@pytest.mark.usefixtures("chain")
def test_a_setting_reruns_the_stages_that_depend_on_it(with_settings, settings, rules):
    assert planned(with_settings(settings, "-n")) == rules


def test_a_further_merger_simulates_that_one_only(chain, with_settings):
    tiny = yaml.safe_load((chain / "config/config.yaml").read_text())["datasets"]["tiny"]
    mergers = [*tiny["mergers"], {"size_ratio": 1.5, "mass_ratio": 1}]
    result = with_settings({"datasets": {"tiny": {"mergers": mergers}}}, "-n")
    assert "assemble_dataset" in planned(result)
    simulated = re.findall(
        r"output: results/datasets/tiny/simulations/(\S+)/snapshots.hdf5", result.stdout + result.stderr
    )
    assert simulated == ["s_1.5_m_1"]


def test_an_edit_of_the_evaluation_reruns_evaluation_and_report(chain, snakemake):
    metrics = chain / "workflow/scripts/deepgalaxy/evaluation/metrics.py"
    source = metrics.read_text()
    try:
        metrics.write_text(source.replace("float(np.mean(error_myr))", "float(np.nanmean(error_myr))"))
        changed = {"evaluate_predictions", "score_baselines", "plot_predictions", "tabulate_metrics"}
        changed |= {"tabulate_skill", "plot_skill", "tabulate_intervals", "plot_intervals"}
        changed |= {"pack_dater", "measure_novelty", "plot_embedding"}
        assert planned(snakemake("-n")) == changed | REPORT
        metrics.write_text("# A remark changes nothing.\n" + source)
        assert planned(snakemake("-n")) == set()
    finally:
        metrics.write_text(source)


@pytest.fixture
def served(chain):
    """The simulated dataset, served on loopback; the address, and the requests so far."""
    requests = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, form, *words):
            requests.append(form % words)

    handler = partial(Handler, directory=chain / "results/datasets/tiny")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/images.hdf5", requests
        server.shutdown()
        thread.join()


def test_a_published_dataset_is_fetched_accepted_used_like_a_simulated_one_and_verified(
    chain, snakemake, run, served, tmp_path
):
    url, requests = served
    settings = {"experiment": {"datasets": ["published"]}, "datasets": {"published": {"sources": [url]}}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    configured = ("--configfile", tmp_path / "settings.yaml")

    refused = snakemake(*configured, "--until", "prepare_images")
    assert refused.returncode == 1
    sentence = re.search("accept it: (echo '.*' >> .*?) ; commit", refused.stdout + refused.stderr)
    assert sentence and "Traceback" not in refused.stdout + refused.stderr
    assert run("sh", "-c", sentence[1], cwd=chain).returncode == 0

    accepted = snakemake(*configured, "--until", "prepare_images")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert "simulate_galaxies" not in accepted.stdout + accepted.stderr
    assert len(requests) == 1
    for name in ("split.csv", "train.hdf5", "test.hdf5"):
        made = [chain / "results/samples" / dataset / "four_stages" / name for dataset in ("tiny", "published")]
        # Another name gives another seed, so only the size is the same.
        assert made[0].stat().st_size == pytest.approx(made[1].stat().st_size, rel=0.01)

    # Another mirror, or the loss of the link, is no reason to download again.
    settings["datasets"]["published"] = {"sources": ["https://localhost/elsewhere"], "citation": "Cai et al. 2020"}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    assert not planned(snakemake(*configured, "-n")) & {"fetch_dataset", "catalogue_dataset", "prepare_images"}
    (chain / "resources/published.hdf5").unlink()
    assert snakemake("resources/published.hdf5", *configured).returncode == 0

    assert snakemake("verify_dataset", *configured).returncode == 0
    with open(chain / "resources/downloads/published.hdf5", "r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    damaged = snakemake("verify_dataset", *configured), snakemake(*configured, "--until", "prepare_images")
    for result in damaged:
        shown = result.stdout + result.stderr
        assert result.returncode == 1 and "Traceback" not in shown and "Finished jobid" not in shown
        assert "resources/published.hdf5 has changed since it was accepted" in shown

    (chain / "resources/published.hdf5").unlink()
    shutil.copy(chain / "results/datasets/tiny/images.hdf5", chain / "resources/published.hdf5")
    with open(chain / "config/checksums.txt", "r+") as checksums:
        checksums.truncate(0)
    by_hand = snakemake(*configured, "--until", "prepare_images")
    assert by_hand.returncode == 1 and "Finished jobid" not in by_hand.stdout + by_hand.stderr
    assert "resources/published.hdf5 was never accepted" in by_hand.stdout + by_hand.stderr


def test_a_model_whose_weights_another_begins_with_is_made_first_and_followed(chain, with_settings):
    tiny = yaml.safe_load((chain / "config/config.yaml").read_text())["models"]["reference_cnn"]
    tuned = RUN.replace("reference_cnn", "tuned")
    settings = {"models": {"tuned": tiny | {"weights": f"{RUN}/model.keras", "epochs": 1}}}

    def make(*options):
        return with_settings(settings, *options, "--", f"{tuned}/metrics.json")

    result = make()
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads((chain / tuned / "metrics.json").read_text())["test_simulations_trained_on"] == 0
    assert f"{RUN}/model.keras" in json.loads((chain / tuned / "training.json").read_text())["options"]["weights"]
    assert planned(make("-n")) == set()

    before = (chain / RUN / "model.keras").read_bytes()
    shutil.copy(chain / tuned / "model.keras", chain / RUN / "model.keras")
    assert "train_model" in planned(make("-n"))
    settings["models"]["tuned"]["weights"] = f"{RUN.replace('repeat~0', 'repeat~5')}/model.keras"
    first_too = make("-n")
    assert re.search(r"train_model +2\b", first_too.stdout + first_too.stderr)
    (chain / RUN / "model.keras").write_bytes(before)


def test_a_failure_ends_in_one_sentence_and_leaves_nothing(chain, with_settings):
    settings = {"models": {"reference_cnn": {"optimizer_parameters": {"momentums": 0.9}}}}
    result = with_settings(settings)
    assert result.returncode == 1
    shown = result.stdout + result.stderr
    assert re.search("train_model: .*momentums", shown) and "Traceback" not in shown
    log = chain / "logs/train_model" / f"{RUN.removeprefix('results/models/')}.log"
    assert "Traceback" in log.read_text()
    assert not (chain / RUN / "model.keras").exists()
    # What was made of the former model must not pass for a result of this one.
    again = with_settings(settings, "-n")
    assert {"train_model", "predict_images", "write_report"} <= planned(again)


def test_an_interrupted_training_goes_on_when_snakemake_is_run_again(chain, snakemake, tmp_path):
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": {"reference_cnn": {"epochs": 60}}}))
    target = (f"{RUN}/model.keras", "--configfile", str(tmp_path / "settings.yaml"))
    log = chain / "logs/train_model" / f"{RUN.removeprefix('results/models/')}.log"
    log.unlink()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["snakemake", "--profile", "profiles/local", *target]
    # In a session of its own, whose processes all get the signal, as at a terminal.
    with subprocess.Popen(command, cwd=chain, env=os.environ | {"PATH": path}, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while not (log.is_file() and "epoch 1 of 60: loss" in log.read_text()):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) != 0
    assert "stopped by SIGUSR1 in epoch" in log.read_text()
    again = snakemake(*target)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "resuming from a checkpoint: epoch" in again.stdout + again.stderr
    assert len((chain / RUN / "epochs.jsonl").read_text().splitlines()) == 60
