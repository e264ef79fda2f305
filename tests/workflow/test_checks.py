"""The checks that maintainers, the workflow catalog and module users run."""

import re
import sys

import pytest
import rule_picture

from deepgalaxy.figures.table import FIGURES


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy",),
        ("snakefmt", "--check", "--format-shell", "Snakefile", "rules"),
        ("snakemake", "--lint"),
        ("bash", "-n", "envs/train.post-deploy.sh"),
    ],
    ids=lambda command: " ".join(command),
)
def test_style_is_clean(run, command):
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


def rule_graph(run, *targets, directory=".test"):
    """The edges of the rule graph, as pairs of rules, as the workflow catalog has it drawn."""
    result = run(
        *("snakemake", "-s", "workflow/Snakefile", "-d", directory, "--forceall"),
        *("--rulegraph", "mermaid-js"),
        *targets,
    )
    assert result.returncode == 0, result.stderr
    return rule_picture.edges_of(result.stdout)


def test_the_catalog_can_draw_the_rule_graph(run):
    edges = rule_graph(run)
    assert ("write_report", "all") in edges and ("train_model", "predict_images") in edges


def test_the_picture_of_the_rule_graph_is_current(run):
    drawn = rule_picture.draw(rule_graph(run, "write_report"))
    assert rule_picture.PICTURE.read_text() == drawn, "run `make docs`"


def test_the_benchmark_is_made_for_itself_alone(run):
    edges = rule_graph(run, "benchmark")
    ways = {("train_to_target", "tabulate_benchmark"), ("train_to_target", "measure_latency")}
    ways |= {("measure_latency", "tabulate_benchmark"), ("tabulate_benchmark", "judge_benchmark")}
    assert ways | {("judge_benchmark", "benchmark")} <= edges
    assert {end for start, end in edges if start == "prepare_images"} == {"train_to_target", "measure_latency"}


def test_every_figure_is_asked_for_and_shown(run, root, tmp_path):
    (tmp_path / "config").symlink_to(root / "config")
    drawn = {(f"plot_{name}", user) for name in FIGURES for user in ("write_report", "all")}
    # No image is observed by default, no encoder is trained, and no option is swept.
    without = ("observing_run", "compared_run", "encoder", "searching_encoder", "sweep")
    absent = {name for name, kind in FIGURES.items() if kind.of in without}
    users = {(f"plot_{name}", user) for name in absent for user in ("write_report", "all")}
    assert drawn - rule_graph(run, directory=tmp_path) == users


def test_the_catalog_finds_what_it_asks_for(root):
    assert (root / "config" / "README.md").is_file() and (root / ".snakemake-workflow-catalog.yml").is_file()
    assert "snakemake" in (root / "README.md").read_text() and "workflow" in (root / "README.md").read_text()


def scripts_of_rules(root):
    return [path for path in (root / "workflow/scripts").glob("*/*.py") if not (path.parent / "__init__.py").exists()]


def test_rules_are_short_and_scripts_are_thin(root):
    for file in (root / "rules").glob("*.smk"):
        text = file.read_text()
        assert len(text.splitlines()) <= 220, file
        for rule in text.split("\nrule ")[1:]:
            name, body = rule.split(":", 1)
            for directive in ('"""', "log:", "conda:", "code=code_digest("):
                assert directive in body, f"rule {name} lacks {directive}"
    for script in scripts_of_rules(root):
        assert len(script.read_text().splitlines()) <= 25, script


def rules_by_name(root):
    """The text of each rule, from its name to the next rule."""
    text = "\n".join(path.read_text() for path in sorted((root / "rules").glob("*.smk")))
    _, *parts = re.split(r"^(?:use rule \w+ as|rule|checkpoint) (\w+)(?: with)?:$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2]))


def test_a_rule_its_script_its_digest_and_its_log_have_one_name(root):
    scripts = []
    for name, text in rules_by_name(root).items():
        for directive, folder in (("log", "logs"), ("benchmark", "benchmarks")):
            for path in re.findall(rf'^    {directive}:\n        "(.*)"', text, re.MULTILINE):
                assert re.match(rf"<{folder}>/{name}[/.]", path), f"rule {name} has the {directive} {path}"
        digested = re.findall(r'code_digest\("(.*)"\)', text)
        if script := re.search(r'^    script:\n        "\.\./workflow/scripts/(.*)"', text, re.MULTILINE):
            scripts.append(script[1])
            assert re.fullmatch(rf"\w+/{name}\.py", script[1]), f"rule {name} runs {script[1]}"
            assert digested == [script[1]], f"rule {name} runs {script[1]} and has the digest of {digested}"
            title = re.search(
                r'script_log\(snakemake.log\[0\], f?"(\w+)', (root / "workflow/scripts" / script[1]).read_text()
            )
            assert title and title[1] == name, f"the script of rule {name} calls itself {title and title[1]}"
        else:
            run = [f"{module.replace('.', '/')}.py" for module in re.findall(r"python -m ([\w.]+)", text)]
            assert digested == run, f"rule {name} runs {run} and has the digest of {digested}"
    assert sorted(scripts) == sorted(
        str(path.relative_to(root / "workflow/scripts")) for path in scripts_of_rules(root)
    )


def test_scripts_and_modules_import_without_snakemake(run, root):
    scripts = root / "workflow" / "scripts"
    names = [".".join(path.relative_to(scripts).with_suffix("").parts) for path in scripts.rglob("*.py")]
    result = run(
        sys.executable, "-c", "import importlib, sys; [importlib.import_module(n) for n in sys.argv[1:]]", *names
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("file", ["config/deepgalaxy_512.yaml", ".test/config/config.yaml"])
def test_other_configurations_can_be_laid_over_the_default(run, tmp_path, root, file):
    (tmp_path / "config").symlink_to(root / "config")
    result = run("snakemake", "-n", "-s", root / "Snakefile", "-d", tmp_path, "--configfile", root / file)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "train_model" in result.stdout


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            "models: {reference_cnn: {learing_rate: 0.1}}",
            "`models: reference_cnn` has the key `learing_rate`, which is not known there; `learning_rate` was",
        ),
        (
            "experiment: {models: [referenc_cnn]}",
            "names 'referenc_cnn', which `models` does not describe; `reference_cnn` was probably meant.",
        ),
        (
            "datasets: {simulated: {mergers: {approach_myr: 5000}}}",
            "`datasets: simulated`: The last snapshot, at 760 Myr, comes before the first pericentre",
        ),
        (
            "samples: {stages: {split: {training_units: 99}}}",
            "`samples: stages: split`, of simulated: `training_units: 99` asks for more than",
        ),
        (
            "datasets: {simulated: {mergers: {mass_ratio: [1, 0.3]}}}",
            "`datasets: simulated: mergers: mass_ratio` is [1, 0.3], which is reversed; give the lower bound first.",
        ),
        (
            "datasets: {simulated: {mergers: {draw: 0}}}",
            "`datasets: simulated: mergers: draw` is 0, which is less than 1",
        ),
        (
            "datasets: {simulated: {mergers: [{size_ratio: 1, mass_ratio: 1}]}}",
            "`datasets: simulated` lacks `encounter`",
        ),
        ("datasets: {simulated: {sources: [x.hdf5]}}", "has the key `sources`, which is not known there"),
        (
            "datasets: {mine: {sources: ['http://example.org/x.hdf5']}}",
            "'http://example.org/x.hdf5', which does not have the form",
        ),
        ("datasets: {simulated: {damaged: [s_1_m_1/7]}}", "'s_1_m_1/7', which does not have the form"),
        ("datasets: {simulated: {damaged: [s_1_m_1/14]}}", "'s_1_m_1/14', which does not have the form"),
        (
            "samples: {stages: {selection: {cameras: [0, 14]}}}",
            "`samples: stages: selection: cameras: 1` is 14, which is",
        ),
        (
            "samples: {stages: {selection: {time_myr: [340, 310]}}}",
            "`samples: stages: selection: time_myr` is [340, 310], which is reversed; give the lower bound first.",
        ),
        (
            "samples: {stages: {selection: {groups: [s_9_*]}}}",
            "`samples: stages: selection`, of simulated: The glob 's_9_*' matches no group;",
        ),
        (
            "experiment: {datasets: [deepgalaxy_512]}\ndatasets: {deepgalaxy_512: {damaged: [s_1_m_1, s_1_m_0.5/00]}}\n"
            "samples: {stages: {selection: {groups: [s_1_m_1, s_1_m_0.5], cameras: [0]}}}",
            "of deepgalaxy_512: All that is selected of s_1_m_0.5, s_1_m_1 is damaged; select other groups",
        ),
        ("datasets: {simulated: {rendering: {cameras: [0, 1]}}}", "known are `turned`, `fixed`."),
        ("samples: {stages: {split: {by: time_block}}}", "`samples: stages: split` lacks `block_myr`."),
        ("samples: {stages: {split: {folds: 3}}}", "`samples: stages: split` has both `test` and `folds`;"),
        (
            "samples: {stages: {split: {by: [simulation, image]}}}",
            "`['simulation', 'line_of_sight']` was probably meant.",
        ),
        (
            "samples: {stages: {split: {training_units: 0}}}",
            "`samples: stages: split: training_units` is 0, which is less than 1",
        ),
        ("sed: 3", "The configuration has the key `sed`, which is not known there; `seed` was probably meant."),
        ("samples: {stages: {split: {validation: .nan}}}", "is nan, which nothing can be computed with."),
        ("gpu: gpu:a100", "the key `gpu`, which is now `machine: gpu`; move it there."),
        ("rank_memory_mb: 16000", "`rank_memory_mb`, which is now `machine: rank_memory_mib`, in MiB; move"),
        ("machine: {rank_memory_mb: 16000}", "`rank_memory_mib` was probably meant."),
        (
            "samples: {stages: {classes: {task: time}}}",
            "`samples: stages: classes` has `from_myr` and `to_myr`, which cannot stand",
        ),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_runs(run, tmp_path, settings, sentence):
    (tmp_path / "settings.yaml").write_text(settings)
    result = run("snakemake", "-n", "--configfile", tmp_path / "settings.yaml")
    assert result.returncode == 1
    assert sentence in result.stdout + result.stderr
    assert "line 1, in" not in result.stderr and ", in <module>" not in result.stderr
    assert len(result.stdout.splitlines()) <= 6


def test_a_copy_that_is_not_there_is_refused_before_anything_runs(run, tmp_path, root):
    (tmp_path / "config").symlink_to(root / "config")
    (tmp_path / "mine.yaml").write_text("datasets: {deepgalaxy_512: {sources: [nowhere/mine.hdf5]}}")
    settings = ("--configfile", root / "config/deepgalaxy_512.yaml", tmp_path / "mine.yaml")
    result = run("snakemake", "-n", "-s", root / "Snakefile", "-d", tmp_path, *settings)
    shown = result.stdout + result.stderr
    assert result.returncode == 1 and "Traceback" not in shown
    assert "`datasets: deepgalaxy_512: sources` is nowhere/mine.hdf5: there is no such file; name an address" in shown


FOLDED = """
experiment: {samples: [folded]}
datasets: {tiny: {isolated: {draw: 1, snapshots: 3, mass_ratio: [1, 1], size_ratio: [1, 1]}}}
samples:
  folded:
    selection: {groups: ["s_*", "isolated_*"], cameras: 14}
    classes: {task: stage_bins, from_myr: -60, to_myr: 120, bins: 3}
    split: {by: [simulation, line_of_sight], validation: 0.2, folds: 3}
    images: {pixels: 32, dtype: uint8}
"""


def test_the_folds_of_a_sample_are_made_each_and_joined(run, tmp_path, root):
    (tmp_path / "config").symlink_to(root / ".test/config")
    (tmp_path / "folded.yaml").write_text(FOLDED)
    result = run("snakemake", "-n", "-s", root / "Snakefile", "-d", tmp_path, "--configfile", tmp_path / "folded.yaml")
    assert result.returncode == 0, result.stderr
    counts = dict(re.findall(r"^(\w+) +(\d+)$", result.stdout + result.stderr, re.MULTILINE))
    for name in ("select_images", "join_splits", "join_predictions", "join_baselines"):
        assert counts[name] == "1", name
    for name in ("split_images", "prepare_images", "train_model", "predict_images", "plot_examples"):
        assert counts[name] == "3", name
    for name in ("evaluate_predictions", "break_down_errors", "tabulate_isolated", "plot_predictions"):
        assert counts[name] == "4", name
    # The scaling study trains on the first fold.
    studied = re.findall(r"output: .*results/scaling/tiny/(\S+?)/reference_cnn", result.stdout + result.stderr)
    assert set(studied) == {"folded/fold~1"}


def test_repeats_are_averaged_and_scored_as_one(run, tmp_path, root):
    (tmp_path / "config").symlink_to(root / ".test/config")
    (tmp_path / "repeated.yaml").write_text("experiment: {repeats: 2}")
    arguments = ("-s", root / "Snakefile", "-d", tmp_path, "--configfile", tmp_path / "repeated.yaml")
    result = run("snakemake", "-n", *arguments)
    assert result.returncode == 0, result.stderr
    counts = dict(re.findall(r"^(\w+) +(\d+)$", result.stdout + result.stderr, re.MULTILINE))
    for number, names in {
        "1": ("average_repeats", "tabulate_metrics"),
        "2": ("train_model", "predict_images", "plot_examples"),
        "3": ("evaluate_predictions", "tabulate_intervals", "break_down_errors", "plot_pit"),
    }.items():
        assert {counts[name] for name in names} == {number}, names


def test_a_network_is_as_fast_as_simulations_of_mergers_not_of_lone_galaxies(run, tmp_path, root):
    (tmp_path / "config").symlink_to(root / "config")
    result = run("snakemake", "-n", "-s", root / "Snakefile", "-d", tmp_path, "results/tables/claims.csv")
    assert result.returncode == 0, result.stderr
    (job,) = re.findall(r"rule judge_claims:\n(.*?)\n\n", result.stdout + result.stderr, re.DOTALL)
    timed = set(re.findall(r"benchmarks/simulate_galaxies/simulated/(\S+)\.tsv", job))
    assert len(timed) == 24 and all(name.startswith("s_") for name in timed)


def test_modules_of_a_cluster_can_be_offered_to_the_training(run, tmp_path):
    (tmp_path / "settings.yaml").write_text("machine: {envmodules: [TensorFlow/2.21.0, Horovod/0.28.1]}")
    result = run("snakemake", "-n", "--sdm", "env-modules", "--configfile", tmp_path / "settings.yaml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_workflow_can_be_used_as_a_module(run, root, tmp_path):
    (tmp_path / "config").symlink_to(root / ".test" / "config")
    (tmp_path / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n'
        "module mergers:\n"
        f"    snakefile: {str(root / 'workflow' / 'Snakefile')!r}\n"
        "    config: config\n"
        "use rule * from mergers as mergers_*\n"
        "rule all:\n"
        "    default_target: True\n    input: rules.mergers_all.input\n"
    )
    result = run("snakemake", "-n", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "mergers_write_report" in result.stdout
