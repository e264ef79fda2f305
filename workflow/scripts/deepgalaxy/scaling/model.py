"""What limits training on many workers: a model that is fitted to measurements on few.

A step of p workers takes as long as the slowest of them computes, and then the exchange of all gradients; that the
backward pass may hide a part of it (``deepgalaxy.training.ranks.buckets``) is left out. With b images of each worker,
the throughput is

    p b / (E[max of p computing times] + T(n, p)),    T(n, p) = c + 2 (p - 1) α + 2 (p - 1) / p · n / β.

T is the time of a ring all-reduce of n bytes with latency α of a message and bandwidth β (Thakur, Rabenseifner & Gropp
2005, IJHPCA 19, 49; Patarasuk & Yuan 2009, JPDC 69, 117). The constant c is the rest of each call's time; it can be
told from α only where two or more numbers of workers were measured, and is 0 otherwise. Computing times are log-normal
and independent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import log_ndtr

from deepgalaxy.scaling.counted_epochs import split_repeats
from deepgalaxy.scaling.throughput import summarise_throughput
from deepgalaxy.training.record import EpochRecord

LARGEST = 512
"""Workers up to which powers of two are predicted."""

RESAMPLES = 1000
"""Samples of the bootstrap; its 95 % limits then scatter by a few per cent of their distance."""

TERMS = ["straggler", "overhead", "latency", "bandwidth"]
"""What a step takes besides its mean computing time: the terms that limit scaling."""

Sweeps = dict[int, np.ndarray]
"""Seconds of the all-reduce by number of workers: float64 of shape (runs, sizes, repetitions)."""


@dataclass(frozen=True)
class Exchange:
    """The time of an all-reduce: ``latency_seconds`` α, ``seconds_per_byte`` 1/β, and ``overhead_seconds`` c."""

    latency_seconds: float
    seconds_per_byte: float
    overhead_seconds: float = 0.0

    def terms(self, size: float, workers: int) -> dict[str, float]:
        """Return the seconds of each term for ``size`` bytes; all 0 for one worker, which exchanges nothing."""
        return {
            "overhead": self.overhead_seconds * (workers > 1),
            "latency": self.latency_seconds * 2 * (workers - 1),
            "bandwidth": self.seconds_per_byte * 2 * (workers - 1) / workers * size,
        }


def fit_exchange(sizes: np.ndarray, sweeps: Sweeps) -> Exchange:
    """Fit the time of an all-reduce to measured ones, by non-negative least squares of relative errors.

    ``sizes`` (sizes,) are in bytes. Of each number of workers and size the median over runs and repetitions counts.
    """
    times = {workers: np.median(seconds, axis=(0, 2)) for workers, seconds in sweeps.items()}
    rows = [
        [2 * (workers - 1) / second, 2 * (workers - 1) / workers * size / second, (len(sweeps) > 1) / second]
        for workers, seconds in times.items()
        for size, second in zip(sizes, seconds, strict=True)
    ]
    # Columns differ by many orders of magnitude, which the solver handles badly.
    matrix = np.array(rows)
    scale = np.maximum(matrix.max(axis=0), np.finfo(float).tiny)
    return Exchange(*map(float, nnls(matrix / scale, np.ones(len(matrix)))[0] / scale))


def expected_maximum(log_mean: float, log_deviation: float, count: int) -> float:
    """Return the expected largest of ``count`` independent log-normal numbers, by mean and deviation of their logs."""
    places, weights = _largest_normal(count)
    return float(np.exp(log_mean) * (weights @ np.exp(log_deviation * places)))


@cache
def _largest_normal(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places, and the weights of an integral over the density of the largest of ``count`` normal numbers."""
    places, step = np.linspace(-12, 20, 2001, retstep=True)
    return places, step * count * np.exp((count - 1) * log_ndtr(places) - places**2 / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class ScalingModel:
    """A fitted model: b ``images`` and n ``gradient_bytes`` of each worker and step, the mean and standard deviation of
    the logarithm of its computing seconds, and the exchange."""

    images: float
    gradient_bytes: int
    log_mean: float
    log_deviation: float
    exchange: Exchange

    def terms(self, workers: int) -> dict[str, float]:
        """Return the seconds of a step that ``workers`` spend on average on ``compute`` and on each of TERMS."""
        compute = expected_maximum(self.log_mean, self.log_deviation, 1)
        slowest = expected_maximum(self.log_mean, self.log_deviation, workers)
        return {
            "compute": compute,
            "straggler": slowest - compute,
            **self.exchange.terms(self.gradient_bytes, workers),
        }

    def images_per_second(self, workers: int) -> float:
        """Return the throughput of ``workers`` together."""
        return workers * self.images / sum(self.terms(workers).values())

    def parameters(self) -> dict[str, float]:
        """Return the fitted numbers by name."""
        return {
            "latency_seconds": self.exchange.latency_seconds,
            "seconds_per_byte": self.exchange.seconds_per_byte,
            "overhead_seconds": self.exchange.overhead_seconds,
            "step_median_seconds": float(np.exp(self.log_mean)),
            "step_log_deviation": self.log_deviation,
        }


@dataclass(frozen=True)
class Measurements:
    """What the model is fitted to, and compared with.

    ``steps`` are the computing seconds of one worker's updates after the warm-up, an array (updates,) of each
    repeat;
    ``images`` those of an update; ``gradient_bytes`` what an update exchanges; ``sizes`` (sizes,) in bytes and
    ``sweeps`` the times of all-reduces; ``images_per_second`` the throughput of weak scaling by number of workers.
    """

    steps: list[np.ndarray]
    images: float
    gradient_bytes: int
    sizes: np.ndarray
    sweeps: Sweeps
    images_per_second: dict[int, float]

    def without(self, workers: int) -> "Measurements":
        """Return the measurements without the all-reduces of so many workers."""
        sweeps = {count: seconds for count, seconds in self.sweeps.items() if count != workers}
        return Measurements(self.steps, self.images, self.gradient_bytes, self.sizes, sweeps, self.images_per_second)

    def fit(self) -> ScalingModel:
        """Return the model of all that was measured."""
        return self._fit(np.concatenate(self.steps), self.sweeps)

    def fit_resampled(self, seed: int) -> list[ScalingModel]:
        """Return the models of a bootstrap: repeats and runs are drawn anew, and in them steps and repetitions."""
        rng = np.random.default_rng(seed)
        models = []
        for _ in range(RESAMPLES):
            repeats = rng.integers(len(self.steps), size=len(self.steps))
            steps = np.concatenate([rng.choice(self.steps[repeat], len(self.steps[repeat])) for repeat in repeats])
            models.append(self._fit(steps, {count: _resample(times, rng) for count, times in self.sweeps.items()}))
        return models

    def _fit(self, steps: np.ndarray, sweeps: Sweeps) -> ScalingModel:
        logarithms, exchange = np.log(steps), fit_exchange(self.sizes, sweeps)
        deviation = float(logarithms.std(ddof=1))
        return ScalingModel(self.images, self.gradient_bytes, float(logarithms.mean()), deviation, exchange)


def _resample(times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an array (runs, sizes, repetitions) with runs, and in these repetitions, drawn with replacement."""
    runs = times[rng.integers(len(times), size=len(times))]
    return np.take_along_axis(runs, rng.integers(times.shape[2], size=times.shape), axis=2)


def collect_measurements(
    runs: Sequence[dict], records: Sequence[list[EpochRecord]], sweeps: Sequence[pd.DataFrame], gradient_bytes: int
) -> Measurements:
    """Return the measurements of one study: its ``runs`` (``workers``, ``kinds``, ``repeats``), with the records of
    each and its table of all-reduces (workers, bytes, repetition, seconds), which is empty for a single worker.

    Raises ValueError as ``split_repeats`` does, unless there are runs of one worker and of several, or if there is no
    spread of steps to fit.
    """
    repeats = [split_repeats(epochs, run["repeats"]) for run, epochs in zip(runs, records, strict=True)]
    alone = [epochs for run, parts in zip(runs, repeats) if run["workers"] == 1 for epochs in parts]
    times: dict[int, list[pd.DataFrame]] = {}
    for sweep in sweeps:
        for workers, table in sweep.groupby("workers"):
            times.setdefault(int(workers), []).append(
                table.pivot(index="bytes", columns="repetition", values="seconds")
            )
    if not alone or not times:
        raise ValueError("The model needs runs of one worker and of several; set `scaling: workers` accordingly.")
    speed: dict[int, list[float]] = {}
    for run, parts in zip(runs, repeats):
        if "weak" in run["kinds"]:
            speeds = [summarise_throughput(epochs)["images_per_second"] for epochs in parts]
            speed.setdefault(run["workers"], []).extend(speeds)
    steps = [np.array([second for epoch in epochs for second in epoch.step_seconds]) for epochs in alone]
    if sum(map(len, steps)) < 2:
        raise ValueError("The model needs more than one step after the warm-up; raise `scaling: steps_per_epoch`.")
    return Measurements(
        steps=steps,
        images=sum(epoch.images for epochs in alone for epoch in epochs) / sum(map(len, steps)),
        gradient_bytes=gradient_bytes,
        sizes=next(iter(times.values()))[0].index.to_numpy(float),
        sweeps={workers: np.stack([table.to_numpy() for table in tables]) for workers, tables in sorted(times.items())},
        images_per_second={workers: float(np.mean(speeds)) for workers, speeds in speed.items()},
    )


def predict_scaling(measurements: Measurements, seed: int) -> tuple[pd.DataFrame, dict]:
    """Return what the model predicts for weak scaling, and a description of the model: the parameters, what limits 128
    and 512 workers, and ``leave_out_largest``.

    - ``workers``: each power of two up to 512, and each number that was measured.
    - ``images_per_second``, ``efficiency``: predicted, with a 95 % band; ``measured_images_per_second``: if it was.
    - ``compute_seconds``, ``straggler_seconds``, ``overhead_seconds``, ``latency_seconds``, ``bandwidth_seconds``: the
      terms of a step's time; ``limited_by``: the largest of these but computing.
    """
    model, resampled = measurements.fit(), measurements.fit_resampled(seed)
    powers = [2**power for power in range(LARGEST.bit_length())]
    rows = []
    for workers in sorted({*powers, *measurements.images_per_second, *measurements.sweeps}):
        terms = model.terms(workers)
        speed = partial(ScalingModel.images_per_second, workers=workers)
        rows.append(
            {"workers": workers}
            | _with_band("images_per_second", speed, model, resampled)
            | {"measured_images_per_second": measurements.images_per_second.get(workers)}
            | _with_band("efficiency", partial(_efficiency, workers=workers), model, resampled)
            | {f"{term}_seconds": terms[term] for term in ("compute", *TERMS)}
            | {"limited_by": max(TERMS, key=terms.__getitem__) if workers > 1 else None}
        )
    table = pd.DataFrame(rows)
    limits = {name: _band([one.parameters()[name] for one in resampled]) for name in model.parameters()}
    slowness = model.exchange.seconds_per_byte
    about = {
        "parameters": {
            name: dict(zip(("value", "low", "high"), (value, *limits[name])))
            for name, value in model.parameters().items()
        },
        "bandwidth_bytes_per_second": 1 / slowness if slowness else None,
        "overhead_told_from_latency": len(measurements.sweeps) > 1,
        "images_per_step": model.images,
        "gradient_bytes": model.gradient_bytes,
        "swept_workers": list(measurements.sweeps),
        "swept_bytes": measurements.sizes.astype(int).tolist(),
        "limited_by": {
            str(count): table.set_index("workers").loc[count, "limited_by"] for count in (LARGEST // 4, LARGEST)
        },
        "check": leave_out_largest(measurements, seed),
        "resamples": RESAMPLES,
        "seed": seed,
    }
    return table, about


def leave_out_largest(measurements: Measurements, seed: int) -> dict:
    """Fit without the all-reduces of the largest number of workers, and compare the prediction for it with what
    was measured there.

    With one number above 1 there is nothing to fit to, without a run of weak scaling nothing to compare with: the
    prediction and what follows from it are then None, and ``why_not`` says so.
    """
    largest = max(measurements.sweeps)
    measured = measurements.images_per_second.get(largest)
    others = [workers for workers in measurements.sweeps if workers != largest]
    check = {"workers": largest, "fitted_to_workers": others, "measured_images_per_second": measured}
    if not others or measured is None:
        reason = "only one number of workers above 1 was measured" if not others else "it has no run of weak scaling"
        unknown = dict.fromkeys(("predicted_images_per_second", "low", "high", "relative_error", "within_band"))
        return check | unknown | {"why_not": reason}
    rest = measurements.without(largest)
    speed = rest.fit().images_per_second(largest)
    low, high = _band([one.images_per_second(largest) for one in rest.fit_resampled(seed)])
    return check | {
        "predicted_images_per_second": speed,
        "low": low,
        "high": high,
        "relative_error": speed / measured - 1,
        "within_band": bool(low <= measured <= high),
        "why_not": None,
    }


def _efficiency(model: ScalingModel, workers: int) -> float:
    """Return the throughput of some workers over that of as many single ones."""
    return model.images_per_second(workers) / (workers * model.images_per_second(1))


def _with_band(
    name: str, quantity: Callable[[ScalingModel], float], model: ScalingModel, resampled: Sequence[ScalingModel]
) -> dict[str, float]:
    """Return a quantity of the model with its limits."""
    low, high = _band([quantity(one) for one in resampled])
    return {name: quantity(model), f"{name}_low": low, f"{name}_high": high}


def _band(values: Sequence[float]) -> tuple[float, float]:
    """Return the limits between which 95 % of the values lie."""
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
