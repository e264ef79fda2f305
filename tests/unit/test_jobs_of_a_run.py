"""The line that says how far a run is."""

import json
import re
import subprocess
import sys

import pytest
from snakemake_logger_plugin_deepgalaxy import DEMONSTRATION_COSTS
from snakemake_logger_plugin_deepgalaxy.jobs import Jobs

PLANNED = {"render_galaxies": 4, "train_model": 1}


def test_of_rules_that_never_ran_the_time_is_not_known():
    jobs = Jobs(PLANNED, {}, now=0)
    jobs.begin(1, "render_galaxies", now=0)
    assert jobs.describe(now=5) == "render galaxies: 0 of 5 jobs done"
    jobs.finish(1, now=60)
    assert jobs.describe(now=60) == "1 of 5 jobs done, at least 3 min left"


def test_an_earlier_run_tells_how_much_longer_one_rule_takes_than_another():
    jobs = Jobs(PLANNED, {"train_model": 50.0, "render_galaxies": 10.0}, now=0)
    jobs.begin(1, "render_galaxies", now=0)
    jobs.finish(1, now=60)
    assert jobs.costs() == {"train_model": 300.0, "render_galaxies": 60.0}
    assert jobs.describe(now=60) == "1 of 5 jobs done, about 8 min left"


def test_jobs_side_by_side_share_the_time():
    jobs = Jobs(PLANNED, {"train_model": 300.0, "render_galaxies": 45.0}, now=0)
    for job in (1, 2):
        jobs.begin(job, "render_galaxies", now=0)
    jobs.finish(1, now=60)
    jobs.finish(2, now=90)
    assert jobs.costs() == {"train_model": 300.0, "render_galaxies": 45.0}
    jobs.begin(3, "train_model", now=90)
    assert jobs.time_left(now=190) == (2 * 45.0 + 200.0, True)
    assert jobs.time_left(now=900) == (2 * 45.0, True)  # a job that takes longer than expected is as good as done


def test_stages_stand_in_the_order_of_the_plan():
    jobs = Jobs(PLANNED, {}, now=0)
    for job, rule in enumerate(["train_model", "render_galaxies", "render_galaxies"]):
        jobs.begin(job, rule, now=0)
    assert jobs.describe(now=0) == "render galaxies, train model: 0 of 5 jobs done"


def test_a_job_that_failed_is_not_done_until_another_attempt_is():
    jobs = Jobs(PLANNED, {}, now=0)
    jobs.begin(1, "train_model", now=0)
    jobs.fail(1, now=10)
    assert (jobs.failed, jobs.done) == ({1}, 0)
    jobs.begin(1, "train_model", now=10)
    jobs.finish(1, now=30)
    assert (jobs.failed, jobs.done, jobs.costs()) == (set(), 1, {"train_model": pytest.approx(20.0)})


def test_the_costs_of_the_demonstration_are_those_of_rules_that_there_are(root):
    rules = {rule for file in root.glob("rules/*.smk") for rule in re.findall(r"\b(?:rule|as) (\w+)", file.read_text())}
    assert set(json.loads(DEMONSTRATION_COSTS.read_text())) <= rules


def test_a_snakefile_is_free_to_import_its_own_package(root):
    code = "import sys, snakemake_logger_plugin_deepgalaxy as plugin; sys.exit('deepgalaxy' in sys.modules)"
    scripts = root / "workflow/scripts"
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0
