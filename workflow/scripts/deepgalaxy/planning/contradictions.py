"""Settings that are right each by itself and contradict each other."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from deepgalaxy.cluster.job import size_training_job
from deepgalaxy.dataset.cameras import camera_numbers
from deepgalaxy.planning.benchmark_runs import impossible_benchmarks
from deepgalaxy.planning.combinations import (
    blur_of_unknown_width,
    impossible_classes,
    impossible_moves,
    impossible_options,
)
from deepgalaxy.planning.earlier_runs import earlier_runs
from deepgalaxy.planning.encoders import impossible_encoders, stage_options
from deepgalaxy.planning.runs import split_samples, takes_isolated, uneven_batches
from deepgalaxy.planning.sentences import OTHER_NAME, place_name
from deepgalaxy.planning.sweeps import model_place, too_many, with_combinations

UNTRAINED = {
    ("time", "time_block"): "time",
    ("time_camera", "time_block"): "time",
    ("time_camera", "line_of_sight"): "camera",
}
"""Tasks with a class for each time or camera, and splits that keep these in one part, so that a class that is tested is
never trained on."""


def contradictions(config: dict, models: str) -> Iterator[str]:
    """Yield a sentence, with the place, for each contradiction in a configuration that keeps to the schema and has its
    defaults; ``models`` is where the workflow leaves its runs."""
    for name, sample in config["samples"].items():
        for place, sentence in contradictions_in(sample):
            yield f"{place_name(['samples', name, *place])} {sentence}"
    sweeping = list(too_many(config, len(split_samples(config))))
    yield from sweeping
    yield from uneven_batches(config)
    yield from impossible_benchmarks(config)
    config = with_combinations(config) if not sweeping else config
    experiment, numbers = config["experiment"], {*config["experiment"]["workers"], *config["scaling"]["workers"]}
    for name in experiment["models"]:
        for sentence in impossible_options(config["models"][name], max(numbers, default=1)):
            yield f"`{model_place(config['models'], name)}`: {sentence}"
        yield from refusals(earlier_runs, config["models"], name, models)
    any_isolated = any("isolated" in config["datasets"][name] for name in experiment["datasets"])
    for name, where in product(experiment["models"], experiment["samples"]):
        sample = config["samples"][where]
        by_camera = sample["classes"]["task"] == "time_camera"
        cameras = camera_numbers(sample["selection"]["cameras"]) if by_camera else []
        ordered = not by_camera and not (any_isolated and takes_isolated(sample))
        for sentence in impossible_classes(config["models"][name], cameras, ordered):
            yield f"`{model_place(config['models'], name)}` on `samples: {where}`: {sentence}"
    yield from impossible_encoders(config, max(numbers, default=1))
    yield from _of_reference(config)
    yield from _of_images(config)
    yield from _of_jobs(config["machine"], sorted(numbers))


def _of_images(config: dict) -> Iterator[str]:
    """Yield a sentence for each augmentation that images as they are prepared do not allow, and for each sample that is
    to see more than what is rendered."""
    experiment = config["experiment"]
    trained = _trained(config)
    for where in experiment["samples"]:
        images = config["samples"][where]["images"]
        for place, options in trained.items():
            oversampled = bool(images.get("oversampling"))
            for sentence in impossible_moves(options, images["shape"], oversampled):
                yield f"`{place}` on `samples: {where}`: {sentence}"
        for dataset in experiment["datasets"]:
            yield from _of_field(config, where, images.get("half_width_kpc", 0), dataset)


def _trained(config: dict) -> dict[str, Mapping[str, Any]]:
    """Return the options of all networks of the experiment, by their places in the configuration."""
    named = config["models"]
    models = {model_place(named, name): named[name] for name in config["experiment"]["models"]}
    return models | stage_options(config)


def _of_field(config: dict, where: str, asked: float, dataset: str) -> Iterator[str]:
    """Yield a sentence if a sample asks for more of a dataset's field than is rendered, half the width being ``asked``
    kpc or 0 for all, and for each model whose images have to be blurred though their field is not known."""
    rendered = config["datasets"][dataset].get("rendering", {}).get("half_width_kpc", 0)
    if asked > rendered > 0:
        yield (
            f"`samples: {where}: images: half_width_kpc` is {asked:g}, and `datasets: {dataset}: rendering` shows"
            f" {rendered:g}; ask for less."
        )
    for place, options in _trained(config).items():
        for sentence in blur_of_unknown_width(options, bool(rendered or asked)):
            yield f"`{place}` on `datasets: {dataset}`: {sentence}"


def refusals(function: Callable[..., Any], *arguments: Any) -> Iterator[str]:
    """Yield the lines of the ValueError that a function raises, if it does."""
    try:
        function(*arguments)
    except ValueError as error:
        yield from str(error).splitlines()


def contradictions_in(sample: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Yield the place in a sample, and the rest of a sentence, for each thing that contradicts itself."""
    selection, classes, split = sample["selection"], sample["classes"], sample["split"]
    task, window = classes["task"], selection.get("time_myr", [0, 1])
    if window[0] == window[1] and task in ("time", "time_bins"):
        yield ["selection", "time_myr"], f"leaves a single time, and `task: {task}` tells times apart; widen it."
    if task == "stage_bins" and classes["from_myr"] >= classes["to_myr"]:
        times = f"{classes['from_myr']:g} to {classes['to_myr']:g} Myr"
        yield ["classes"], f"go from {times}; let `to_myr` be the later time."
    if ("test" in split) == ("folds" in split):
        what = "both `test` and `folds`" if "test" in split else "neither `test` nor `folds`"
        yield (
            ["split"],
            f"has {what}; give a fraction to test on, or a number of folds to test in turn ({OTHER_NAME}).",
        )
    elif (tested := split.get("test", 1 / split.get("folds", 1))) + split["validation"] > 1 + 1e-9:
        yield (
            ["split"],
            f"takes {split['validation']:g} of all for validation and {tested:.3g} for testing, which leaves none to"
            " train on; lower the fractions, or take more folds.",
        )
    for unit in [split["by"]] if isinstance(split["by"], str) else split["by"]:
        if (task, unit) in UNTRAINED:
            yield (
                [],
                f"has a class for each {UNTRAINED[task, unit]} (`classes: task: {task}`), none of which is both trained"
                f" and tested on if it is `split: by: {unit}`; choose other classes or another split.",
            )


def _of_reference(config: dict) -> Iterator[str]:
    """Yield a sentence for what published times of observed images cannot be compared with."""
    observed = config["observed"]
    if not observed["reference"]:
        return
    if not observed["directory"]:
        yield "`observed: reference` has times of images, but `observed: directory` names no images; name both."
    for name in config["experiment"]["samples"]:
        task = config["samples"][name]["classes"]["task"]
        if task != "stage_bins":
            yield (
                f"`observed: reference` has times since the first pericentre, and those of `samples: {name}` count from"
                f" the start of the simulation (`task: {task}`); set `task: stage_bins`, or leave the reference out."
            )


def _of_jobs(machine: Mapping[str, Any], numbers: list[int]) -> Iterator[str]:
    """Yield a sentence for numbers of workers that do not fit the nodes, and for a launcher that cannot start them or
    would reach the jobs of a cluster as another one."""
    launcher = machine["launcher"]
    if machine["ranks_per_node"] and set(launcher) & set("\"'`$\\"):
        yield (
            f"`machine: launcher: {launcher}` has quotes, a dollar sign or a backslash, which Snakemake does not hand"
            " on to the jobs of a cluster as they are; put the command into a script and name that."
        )
    for workers in numbers:
        yield from refusals(
            lambda number: size_training_job(
                number, machine["ranks_per_node"], machine["cpus_per_rank"]
            ).launch_command(launcher),
            workers,
        )
