"""What samples will find in datasets, as far as the configuration shows it before anything is simulated or fetched."""

from collections.abc import Iterator, Mapping
from typing import Any

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT, camera_numbers
from deepgalaxy.dataset.layout import is_isolated, undamaged_cameras
from deepgalaxy.planning.contradictions import contradictions_in, refusals
from deepgalaxy.planning.simulations import index_simulations
from deepgalaxy.sample.shares import Shares
from deepgalaxy.sample.units import require_classes, select_units

EARLIEST, LATEST = 0.9, 2.0
"""Between which multiples of ``approach_myr`` the first pericentre of a simulation is taken to come. The haloes
overlap, so that it comes some hundredths later than that of the Kepler orbit."""


def impossible_samples(config: dict) -> Iterator[str]:
    """Yield a sentence, with the place, for each simulation of the experiment that cannot be made, and for each of its
    samples for which a dataset will not have the groups, the times or the units.

    ``config`` keeps to the schema and has its defaults. Of a published dataset, only those groups are known that a
    sample names in full. A sample that contradicts itself is passed over.
    """
    for name in config["experiment"]["datasets"]:
        dataset = config["datasets"][name]
        mistakes = [f"`datasets: {name}`: {line}" for line in _impossible_simulations(dataset, config["seed"])]
        yield from mistakes
        for title in config["experiment"]["samples"] if not mistakes else ():
            sample = config["samples"][title]
            if not any(contradictions_in(sample)):
                for place, sentence in _impossible_sample(sample, dataset, config["seed"]):
                    yield f"`samples: {title}: {place}`, of {name}: {sentence}"


def _impossible_simulations(dataset: dict, seed: int) -> Iterator[str]:
    """Yield what is wrong with the simulations of a dataset, if it has any."""
    if "mergers" not in dataset:
        return
    impossible = list(refusals(index_simulations, dataset, seed))
    yield from impossible
    names = index_simulations(dataset, seed) if not impossible else {}
    unknown = [unit for unit in dataset.get("damaged", []) if unit.partition("/")[0] not in names]
    if names and unknown:
        yield f"`damaged` names {', '.join(unknown)}, and what is simulated is {', '.join(names)}."
    snapshots = dataset["simulation"]["snapshots"]
    last, approach = (snapshots["count"] - 1) * snapshots["every_myr"], _approach_myr(dataset)
    if last < EARLIEST * approach:
        yield (
            f"The last snapshot, at {last} Myr, comes before the first pericentre, about {approach:g} Myr after the"
            " start (`approach_myr`), so that nothing merges; take more `snapshots`, or begin later."
        )


def _approach_myr(dataset: dict) -> float:
    """Return the time from the start of the mergers to the first pericentre of their Kepler orbits, in Myr."""
    return (dataset["encounter"] if isinstance(dataset["mergers"], list) else dataset["mergers"])["approach_myr"]


def _impossible_sample(sample: dict, dataset: dict, seed: int) -> Iterator[tuple[str, str]]:
    """Yield the place in a sample, and a sentence, for each thing that it will lack in a dataset."""
    selection, task = sample["selection"], sample["classes"]["task"]
    simulated = "mergers" in dataset
    available = list(index_simulations(dataset, seed)) if simulated else selection["groups"]
    if any(set(name) & set("*?[") for name in available):
        yield from _impossible_split(sample["split"], {"line_of_sight": _lines(camera_numbers(selection["cameras"]))})
        return
    keys = ("groups", "cameras", *(("exclude", "size_ratio", "mass_ratio") if simulated else ()))
    usable = {name: undamaged_cameras(name, dataset.get("damaged", [])) for name in available}
    try:
        chosen = select_units(usable, **{key: selection[key] for key in keys if key in selection})
    except ValueError as error:
        yield "selection", str(error)
        return
    groups = [name for name, cameras in chosen.items() if cameras]
    units = {"simulation": len(groups), "line_of_sight": _lines([n for name in groups for n in chosen[name]])}
    wrong = [("classes", line) for line in refusals(require_classes, groups, task)]
    if simulated and not wrong:
        times = {name: _times(name, dataset, selection.get("time_myr")) for name in groups}
        wrong += _impossible_times(sample, times, _approach_myr(dataset))
        merging = sorted(set().union(*times.values()))
        units["time_block"] = _blocks(merging, sample["split"].get("block_myr", 1))
        if task == "time_bins" and sample["split"]["by"] == "time_block" and not wrong:
            wrong += _untrained_bins(merging, sample["classes"]["bins"], sample["split"]["block_myr"])
    yield from wrong
    yield from _impossible_split(sample["split"], units)


def _lines(cameras: list[int]) -> int:
    """Return how many lines of sight some cameras have."""
    return len({LINE_OF_SIGHT[camera] for camera in cameras})


def _blocks(times: list[int], block_myr: float) -> int:
    """Return in how many blocks some times in Myr lie, from the first one on; one that begins a block is in it, rounded
    as in ``deepgalaxy.sample.time_parts``."""
    return len({int((time - times[0]) / block_myr + 0.5e-4) for time in times})


def _untrained_bins(times: list[int], bins: int, block_myr: float) -> Iterator[tuple[str, str]]:
    """Yield that no bin of time has images of several blocks, so that none is both trained and tested on, if so."""
    width = (times[-1] - times[0]) / bins
    places = {
        (min(int((t - times[0]) / width + 1e-4), bins - 1), int((t - times[0]) / block_myr + 1e-4)) for t in times
    }
    if len(places) == len({number for number, _ in places}):
        yield (
            "split",
            f"Each of the {bins} classes of time is within one block of {block_myr:g} Myr, so that none of them is both"
            " trained and tested on; lower `block_myr` or `bins`, or choose another split.",
        )


def _times(group: str, dataset: dict, window: list[float] | None) -> list[int]:
    """Return the times in Myr of the snapshots that a group can have within a window."""
    snapshots = dataset["simulation"]["snapshots"]
    count = dataset["isolated"]["snapshots"] if is_isolated(group) else snapshots["count"]
    times = (number * snapshots["every_myr"] for number in range(count))
    return [time for time in times if window is None or window[0] <= time <= window[1]]


def _impossible_times(sample: dict, times: dict[str, list[int]], approach_myr: float) -> Iterator[tuple[str, str]]:
    """Yield why groups with snapshots at ``times`` in Myr cannot have all classes of a sample, if they cannot."""
    if empty := [name for name, found in times.items() if not found]:
        start, end = sample["selection"]["time_myr"]
        yield (
            "selection: time_myr",
            f"There is no snapshot from {start:g} to {end:g} Myr of {', '.join(empty)}; widen it, leave these out, or"
            " simulate them for longer.",
        )
        return
    classes, task = sample["classes"], sample["classes"]["task"]
    merging = sorted({time for name, found in times.items() if not is_isolated(name) for time in found})
    first, last, bins = merging[0], merging[-1], classes.get("bins", 1)
    if task == "stage_bins":
        start, end = classes["from_myr"], classes["to_myr"]
        width = (end - start) / bins
        if start + width <= first - LATEST * approach_myr or end - width > last - EARLIEST * approach_myr:
            yield (
                "classes",
                f"Snapshots go from about {first - approach_myr:g} to {last - approach_myr:g} Myr, counted from the"
                f" first pericentre, and the classes from {start:g} to {end:g} Myr, so that some would have no image;"
                " narrow `from_myr` to `to_myr`.",
            )
    elif len(merging) < bins or (task != "time_camera" and len(merging) < 2):
        many = "1 time is" if len(merging) == 1 else f"{len(merging)} times are"
        less = ", or lower `bins`" if bins > 2 else ""
        yield "selection", f"{many} selected, too few for {max(2, bins)} classes of time; select more{less}."


def _impossible_split(split: dict, units: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield why so many ``units`` of each kind cannot be split, if they cannot."""
    shares: dict[str, Any] = {key: split[key] for key in ("validation", "test", "folds") if key in split}
    for place, by in enumerate([split["by"]] if isinstance(split["by"], str) else split["by"]):
        trained = split.get("training_units") if place == 0 else None
        if by in units:
            for line in refusals(Shares(**shares, training_units=trained).count, units[by], by):
                yield "split", line
