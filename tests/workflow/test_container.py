"""The image of the software: both of its descriptions say the same, and jobs of the workflow run in it.

Apptainer, which Debian has no package of, is imitated (tests/support/apptainer).
"""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from support import image
from support.dry_run import planned
from support.runs import tiny_run

LAST = f"results/models/{tiny_run()}/metrics.json"


@pytest.fixture(scope="module")
def in_container(run):
    """A function that runs Snakemake with `--sdm apptainer` in a directory."""
    places = [image.IMITATION, Path(sys.executable).parent, os.environ["PATH"]]
    environment = {"PATH": os.pathsep.join(map(str, places))}

    def in_container(directory, *options):
        words = ("--sdm", "apptainer", "--profile", "profiles/local", *options)
        return run("snakemake", *words, cwd=directory, env=environment, timeout=1200)

    return in_container


def test_both_descriptions_of_the_image_are_of_the_same(root):
    container, definition = ((root / "containers" / name).read_text() for name in ("Containerfile", "deepgalaxy.def"))
    assert re.search(r"BASE=(.*)", container)[1] == re.search(r"From: (.*)", definition)[1]
    copied = {}
    for line in re.findall(r"^COPY (.*)$", container, re.MULTILINE):
        *sources, target = line.split()
        copied |= {source: target + source.split("/")[-1] if target[-1] == "/" else target for source in sources}
    section = re.search(r"%files\n(.*?)\n\n", definition, re.DOTALL)[1]
    assert copied == dict(line.split() for line in section.splitlines())
    for command in ("/opt/deepgalaxy/install.sh", "PATH=/opt/deepgalaxy/.venv/bin:$PATH"):
        assert command in container and command in definition
    assert re.fullmatch(r"\w+@sha256:[0-9a-f]{64}", re.search(r"From: (.*)", definition)[1])


def test_jobs_run_in_the_image(checkout_in, in_container, root, tmp_path):
    if lacking := image.missing():
        pytest.skip(f"no image can be made: {lacking}")
    directory = checkout_in(tmp_path)
    with image.built_image(root / "containers/Containerfile") as files:
        assert not (files / "usr/bin/c++").exists() and not any((files / "opt/deepgalaxy/cache").glob("*"))
        (tmp_path / "image.yaml").write_text(yaml.safe_dump({"machine": {"container": str(files)}}))
        result = in_container(directory, LAST, "--configfile", tmp_path / "image.yaml")
        said = result.stdout + result.stderr
        assert result.returncode == 0, said
        jobs = re.search(r"^total +(\d+)$", said, re.MULTILINE)[1]
        assert said.count(f"Activating singularity image {files}") == int(jobs)
    assert "rank 1 " in (directory / f"logs/train_model/{tiny_run()}.log").read_text()


def test_an_image_that_is_not_there_and_ranks_on_several_nodes_are_refused(checkout_in, in_container, tmp_path):
    directory = checkout_in(tmp_path)
    result = in_container(directory)
    assert result.returncode and "There is no image containers/deepgalaxy.sif for --sdm apptainer" in result.stderr
    (directory / "containers/deepgalaxy.sif").touch()
    (tmp_path / "nodes.yaml").write_text(yaml.safe_dump({"machine": {"ranks_per_node": 1}}))
    result = in_container(directory, "--configfile", tmp_path / "nodes.yaml")
    assert result.returncode and "stay on one node, and 2 workers take 2" in result.stderr


def test_results_from_outside_the_image_are_made_anew_in_it_unless_they_are_to_be_kept(finished, in_container):
    assert "train_model" in planned(in_container(finished, "--dry-run"))
    kept = in_container(finished, "--dry-run", "--rerun-triggers", "mtime", "input", "params", "code")
    assert not planned(kept)
