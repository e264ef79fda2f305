"""The energy that a machine has used, by its own counters: RAPL for processors and memory, NVML for NVIDIA's GPUs.

A counter is of the whole device, with whatever else runs on it. Linux shows RAPL's to root alone unless told otherwise.
"""

import ctypes
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

RAPL, NVML = "rapl", "nvml"
"""Sources of energies."""

SAMPLED_EVERY_S = 30.0
"""RAPL's counters begin anew after some minutes of full load; so they are read more often."""


class Counter(NamedTuple):
    """One device: its source, a function that reads its joules so far, and from where these begin at 0 again."""

    source: str
    read: Callable[[], float]
    wraps_at: float


class EnergyMeter:
    """Adds up what some counters say from its creation on; by default, of all that this machine shows."""

    def __init__(self, counters: Iterable[Counter] | None = None) -> None:
        counters = [*rapl_counters(), *nvml_counters()] if counters is None else counters
        self._counters = [(counter, counter.read()) for counter in counters]
        self._joules = {counter.source: 0.0 for counter, _ in self._counters}
        self._sampled = time.monotonic()

    def sample(self) -> None:
        """Read the counters if it is time to; to be called often."""
        if time.monotonic() - self._sampled >= SAMPLED_EVERY_S:
            self.joules()

    def joules(self) -> dict[str, float]:
        """Return the joules so far by source, without sources that this machine does not have; none at all once a
        counter can no longer be read."""
        self._sampled = time.monotonic()
        try:
            for place, (counter, before) in enumerate(self._counters):
                now = counter.read()
                if now < before and not counter.wraps_at:
                    raise ValueError("A counter that does not begin anew has gone back.")
                self._joules[counter.source] += now - before + (counter.wraps_at if now < before else 0)
                self._counters[place] = counter, now
        except (OSError, ValueError):
            self._counters, self._joules = [], {}
        return dict(self._joules)


def rapl_counters(directory: Path = Path("/sys/class/powercap")) -> list[Counter]:
    """Return the counters of the processors' packages, and of memory, that can be read.

    Cores and graphics are parts of a package, and the platform (``psys``) holds all: they would count twice.
    """
    counters = []
    for zone in sorted(directory.glob("intel-rapl:*")):
        with suppress(OSError, ValueError):
            name = (zone / "name").read_text(encoding="utf-8").strip()
            counter = Counter(RAPL, _microjoules(zone / "energy_uj"), _microjoules(zone / "max_energy_range_uj")())
            if name.startswith("package") or name == "dram":
                counter.read()
                counters.append(counter)
    return counters


def _microjoules(path: Path) -> Callable[[], float]:
    return lambda: int(path.read_text(encoding="utf-8")) / 1e6


def nvml_counters(load: Callable[[str], ctypes.CDLL] = ctypes.CDLL) -> list[Counter]:
    """Return the counters of the GPUs that NVIDIA's management library lists; none without the library, a driver, or
    counters (GPUs before Volta). ``load`` loads a library by its name."""
    try:
        library = load("libnvidia-ml.so.1")
    except OSError:
        return []
    number, counters = ctypes.c_uint(), []
    try:
        if library.nvmlInit_v2() or library.nvmlDeviceGetCount_v2(ctypes.byref(number)):
            return []
        for index in range(number.value):
            device = ctypes.c_void_p()
            if library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)):
                continue
            counter = Counter(NVML, _millijoules(library, device), 0.0)
            with suppress(OSError):
                counter.read()
                counters.append(counter)
    except AttributeError:  # a library that is too old for one of these calls
        return []
    return counters


def _millijoules(library: ctypes.CDLL, device: ctypes.c_void_p) -> Callable[[], float]:
    """Return the function that reads a GPU's joules since its driver was loaded."""

    def read() -> float:
        now = ctypes.c_ulonglong()
        if status := library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(now)):
            raise OSError(f"NVML does not tell the energy of a GPU (status {status}).")
        return now.value / 1e3

    return read


def total_joules(nodes: Iterable[dict[str, float]]) -> dict[str, float] | None:
    """Return the sum over nodes of the joules by source; None if they have none, or not all have the same sources."""
    nodes = list(nodes)
    if not nodes or not nodes[0] or any(node.keys() != nodes[0].keys() for node in nodes):
        return None
    return {source: sum(node[source] for node in nodes) for source in nodes[0]}
