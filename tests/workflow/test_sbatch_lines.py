"""What the SLURM profile asks of a cluster, by the command lines that its plugin makes: docs/clusters.md shows them."""

import re
import shlex

import pytest
import yaml

from deepgalaxy.planning.runs import EXPERIMENT_RUN

# What a site with nodes of four GPUs changes in profiles/slurm.
SITE = {
    "default-resources": {"slurm_account": "my_project", "slurm_partition": "gpu", "mem_mb": 2000, "runtime": 30},
    "set-resources": {"train_model": {"runtime": 720}},
    "config": {"machine": {"gpu": "gpu:a100", "rank_memory_mib": 16000, "node_memory_mib": 480000}},
    "slurm-init-seconds-before-status-checks": 1,
}
DEMONSTRATION = {"dataset": "simulated", "sample": "stages", "model": "reference_cnn"}
# What stands for SLURM's programs; the plugin asks sacctmgr whether there is such an account.
PROGRAMS = {
    "sbatch": 'printf "%s\\0" "$@" >"$RECORD"; exit 1',
    "squeue": "exit 0",
    "sacctmgr": "echo my_project",
}


@pytest.fixture(scope="module")
def submission(run, root, tmp_path_factory):
    """A function that returns the words that sbatch gets for training by so many workers, and how they are started."""
    place = tmp_path_factory.mktemp("sbatch")
    (place / "config").symlink_to(root / "config")
    sample = place / "results/samples/simulated/stages"
    for directory in (sample, place / "bin", place / "site"):
        directory.mkdir(parents=True)
    for name in ("train.hdf5", "validation.hdf5", "classes.csv", "properties.csv"):
        (sample / name).touch()
    for name, script in PROGRAMS.items():
        (place / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (place / "bin" / name).chmod(0o755)
    ours = yaml.safe_load((root / "profiles/slurm/profile.v9+.yaml").read_text())["config"]["machine"]
    machine = {"machine": ours | SITE["config"]["machine"]}
    (place / "site/profile.yaml").write_text(yaml.safe_dump(SITE | {"config": machine}))

    def submission(workers):
        record = place / "record"
        name = EXPERIMENT_RUN.format(**DEMONSTRATION, workers=workers, repeat=0)
        result = run(
            "snakemake",
            f"results/models/{name}/model.keras",
            *("-s", root / "Snakefile", "-d", place, "--retries", 0, "--rerun-triggers", "mtime"),
            *("--profile", root / "profiles/slurm", "--workflow-profile", place / "site"),
            env={"RECORD": record, "PATH": f"{place}/bin:{run('printenv', 'PATH').stdout.strip()}"},
        )
        said = result.stdout + result.stderr
        launcher = re.search(r"launcher=(.*), image_memory_mib", said)
        assert record.exists() and launcher, said
        return record.read_text().split("\0")[:-1], launcher[1]

    return submission


def as_in_the_docs(words, launcher):
    """A submission as docs/clusters.md shows it: what differs from one run or place to another is left out."""
    shown = []
    for before, word in zip(["", *words], words):
        if before in ("--job-name", "--output", "--comment", "-D"):
            shown.append("…")
        else:
            shown.append("--wrap=…" if word.startswith("--wrap=") else shlex.quote(word))
    return f"sbatch {' '.join(shown)}\n{launcher} python -m deepgalaxy.train …\n"


@pytest.mark.parametrize("workers", [1, 8, 512])
def test_the_docs_show_what_sbatch_gets(submission, root, workers):
    shown = as_in_the_docs(*submission(workers))
    on_whole_lines = (root / "docs/clusters.md").read_text().replace(" \\\n    ", " ")
    assert shown in on_whole_lines, f"docs/clusters.md should show:\n{shown}"
