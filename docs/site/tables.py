"""The page of all tables of results: what each tells, and its columns from the docstrings of what makes it."""

import ast
import inspect
import re
from pathlib import Path

from markdown_lines import wrapped

PACKAGE = Path(__file__).parents[2] / "workflow/scripts/deepgalaxy"

TABLES = {
    "metrics": (
        "How well each run does on its test images: a row for each run, the best by validation first.",
        [
            "evaluation/metrics.py:score_predictions",
            "evaluation/metrics.py:_errors_in_time",
            "evaluation/metrics.py:_calibration",
            "evaluation/intervals.py:score_intervals",
            "evaluation/ranking.py:rank_runs",
        ],
    ),
    "summary": (
        "Means of the metrics over repeats, which differ only in their seeds: a row for each model on each sample.",
        ["evaluation/metrics.py:summarise_repeats"],
    ),
    "skill": (
        "Each run beside the strongest of the simple baselines on its sample.",
        ["evaluation/skill.py:measure_skill"],
    ),
    "baselines/<sample>": (
        "How well each simple baseline does on the same test images; the other columns are those of `metrics.csv`.",
        ["baselines/scores.py:score_baselines"],
    ),
    "errors/<run>": (
        "Where the errors of a run are: a row for each class, phase, simulation, camera, size ratio and mass ratio.",
        ["evaluation/error_breakdown.py:break_down_errors"],
    ),
    "intervals/<run>": (
        "How many intervals of a run hold the true time: of all images, by phase and by simulation, the worst first. "
        "Those of conformal intervals are as in `metrics.csv`.",
        ["evaluation/interval_breakdown.py:tabulate_intervals"],
    ),
    "isolated/<run>": (
        "How many lone galaxies are taken for mergers, and the reverse: a row for each.",
        ["evaluation/isolated.py:tabulate_isolated"],
    ),
    "properties/<run>": (
        "How well the network, and simple models, predict properties besides the class: a row for each property and "
        "each model.",
        ["properties/table.py:tabulate_properties"],
    ),
    "robustness/<run>": (
        "What disturbed images cost: a row for each disturbance and its amount, the upright images first.",
        ["evaluation/robustness_table.py:tabulate_robustness"],
    ),
    "novelty/<run>": (
        "Whether images that are none of ours are noticed: a row for each set of images.",
        ["dater/trial.py:measure_novelty"],
    ),
    "observed_reference/<run>": (
        "Observed images whose times are published: a row for each, with what the network says.",
        ["observed/agreement.py:compare_with_reference"],
    ),
    "observed_agreement/<run>": (
        "How well those two agree, in one row.",
        ["observed/agreement.py:summarise_agreement"],
    ),
    "encoders/reconstruction/<encoder>": (
        "How well an encoder-decoder makes test images again: a row for each way.",
        ["encoder/reconstruction.py:tabulate_reconstruction"],
    ),
    "encoders/latent/<encoder>": (
        "How near in time the images are that the vector of an encoder-decoder finds, beside other spaces: a row for "
        "each space, kind of search and phase.",
        [
            "encoder/retrieval.py:tabulate_retrieval",
            "encoder/retrieval.py:score_retrieval",
            "encoder/scores.py:score_spaces",
        ],
    ),
    "sweeps/<model>": (
        "All combinations of options that were tried of a model on a sample, the lowest loss on the validation images "
        "first.",
        ["training/sweep_table.py:tabulate_sweep"],
    ),
    "throughput": (
        "How fast each run of the experiment trained: a row for each.",
        ["scaling/throughput.py:summarise_throughput"],
    ),
    "scaling": (
        "The scaling study: a row for each number of workers.",
        ["scaling/throughput.py:scaling_table"],
    ),
    "scaling_model/<model>": (
        "What a model of the speed, fitted to that study, predicts: a row for each number of workers.",
        ["scaling/model.py:predict_scaling"],
    ),
    "comparison": (
        "Each run beside one of another experiment that is kept; without single folds and ensembles.",
        ["evaluation/comparison.py:compare_experiments"],
    ),
    "differing_settings": (
        "The settings in which these two experiments differ: a row for each.",
        ["evaluation/comparison.py:differing_settings"],
    ),
    "claims": (
        "Statements of the DeepGalaxy paper, judged by the results: a row for each.",
        ["evaluation/claims.py:judge_claims"],
    ),
}
"""By the path of each table below results/tables/: what it tells a reader, and the functions that make it, or a row of
it, and whose docstrings list its columns."""


def tables_page() -> str:
    """Return a page in Markdown that describes all tables of results and their columns."""
    lines = [
        "# Tables",
        "",
        *wrapped(
            "The CSV files below `results/tables/`, and what stands in their columns. What the figures mean is "
            "explained in [evaluation](evaluation.md) and [scaling](scaling.md); the table of observed images has a "
            "[page of its own](observed.md#the-table)."
        ),
        "",
        "In all of them:",
        "",
        *wrapped(
            "`<sample>` in the path of a table stands for `<dataset>/<sample>`, `<model>` for "
            "`<dataset>/<sample>/<model>`, and `<run>` and `<encoder>` for `<dataset>/<sample>/<model>/workers~<n>/"
            "repeat~<n>`. Tables of several runs begin with `dataset`, `sample`, `fold`, `model`, `workers` and "
            "`repeat`; `fold` is which fold of the sample is tested, `all` for all of them together, and empty for a "
            "sample without folds.",
            0,
        ),
        *wrapped(
            "A figure with a 95 % interval has its limits in two more columns, of the same name with `_low` and "
            "`_high`, before its unit if it has one: `median_error_low_myr`.",
            0,
        ),
        *wrapped("Columns of 90 % intervals are like those of 68 %, and only the latter are described.", 0),
    ]
    for name, (about, makers) in TABLES.items():
        places = [maker.split(":") for maker in makers]
        lines += ["", f"## `{name}.csv`", "", *wrapped(about), ""]
        for file, function in places:
            lines += list_columns(PACKAGE / file, function)
        made = ", ".join(f"`{function}` in `{file}`" for file, function in places if function[0] != "_")
        lines += ["", *wrapped(f"(From {made}.)")]
    return "\n".join(lines) + "\n"


def list_columns(file: Path, function: str) -> list[str]:
    """Return the list in the docstring of a function of a module, which is not imported, as lines of Markdown.

    Names in capitals are replaced by their values in the module. Raises ValueError if there is no such list.
    """
    module = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            text = inspect.cleandoc(ast.get_docstring(node) or "").replace("``", "`")
            if items := re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE):
                return [line for item in items for line in wrapped(_with_values(item, module), 0)]
    raise ValueError(f"{file} has no function {function} whose docstring lists columns.")


def _with_values(text: str, module: ast.Module) -> str:
    """Return a text with the values of the numbers that a module, or the one that it imports them from, calls so."""
    for name in set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\b[A-Z]{6,}\b", text)):
        text = re.sub(rf"\b{name}\b", f"{_value(name, module):g}", text)
    return text


def _value(name: str, module: ast.Module) -> float:
    """Return the number that a module calls by a name."""
    for node in module.body:
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return ast.literal_eval(node.value)
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            file = PACKAGE.parent / f"{(node.module or '').replace('.', '/')}.py"
            return _value(name, ast.parse(file.read_text(encoding="utf-8")))
    raise ValueError(f"{name} in a docstring is no number of its module.")
