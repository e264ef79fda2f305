"""What README.md and the tutorial tell a reader to do does what they say, in a fresh clone with the tiny mergers."""

import re
import shlex
import shutil
import sys

import pandas as pd

from support.pages import SET_UP, blocks, commands, is_described, journeys
from support.runs import MODELS


def test_each_way_to_start_takes_few_commands_and_the_tutorial_takes_the_first_two():
    laptop, images, _ = journeys()
    assert all(len(journey) <= 5 for journey in journeys())
    tutorial = [line for language, block in blocks("docs/tutorial.md") if language == "sh" for line in commands(block)]
    assert [line for line in tutorial if line in laptop + images] == laptop + images


READY = f"{SET_UP}cp -a {{finished}}/results {{finished}}/.snakemake {{finished}}/logs {{finished}}/benchmarks .\n"
"""What `make setup` and `make run` would make of a fresh clone."""


def test_every_line_of_the_tutorial_runs(finished, run, tmp_path):
    """As in one shell, from the clone on."""
    places = {"environment": shlex.quote(sys.prefix), "finished": shlex.quote(str(finished))}
    lines = ["set -e"]
    for language, block in blocks("docs/tutorial.md"):
        if language == "python":
            lines += ["python - <<'END_OF_BLOCK'", block + "END_OF_BLOCK"]
            continue
        for command in commands(block):
            lines += [command, *([READY.format(**places)] if command.startswith("cd ") else [])]
    script = "\n".join(lines).replace("<address of this repository>", places["finished"])
    dataset, sample, _ = MODELS.split("/")
    (tmp_path / "tutorial.sh").write_text(script.replace("simulated/stages", f"{dataset}/{sample}"))
    result = run(shutil.which("bash"), "tutorial.sh", cwd=tmp_path, env={"BROWSER": "true"})
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    clone = tmp_path / "deepgalaxy-workflow"
    assert "Nothing to be done" in said and "results/report.html" in result.stdout
    assert pd.read_csv(clone / "results/tables/skill.csv")["verdict"][0] in result.stdout
    [dated] = pd.read_csv(clone / "times.csv").itertuples()
    assert dated.file == "a_merger.png" and dated.low_myr < dated.expected_myr < dated.high_myr
    assert (clone / "similar.csv").exists()
    _, planned = said.rsplit("Job stats:", 1)
    assert "train_model" in planned and "simulate_galaxies" not in planned


def test_all_tables_and_their_columns_are_described(finished, root):
    page, tables = (root / "docs/tables.md").read_text(), finished / "results/tables"
    for path in tables.rglob("*.csv"):
        kind = path.relative_to(tables).with_suffix("").as_posix().split("/tiny/")[0]
        assert re.search(rf"^## `{kind}[./]", page, re.MULTILINE), kind
        columns = pd.read_csv(path, nrows=0).columns
        assert not [column for column in columns if not is_described(column, page)], kind
