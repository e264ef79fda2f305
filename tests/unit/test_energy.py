"""Counters of energy, on files like Linux's and a library like NVIDIA's."""

import pytest

from deepgalaxy.energy import Counter, EnergyMeter, nvml_counters, rapl_counters, total_joules


def zone(directory, place, name, microjoules=1_000_000, wraps_at=2_000_000):
    (directory / place).mkdir()
    for file, content in {"name": name, "energy_uj": microjoules, "max_energy_range_uj": wraps_at}.items():
        (directory / place / file).write_text(f"{content}\n")


def test_packages_and_memory_count_and_no_part_of_them(tmp_path):
    for number, name in enumerate(("package-0", "core", "dram", "psys", "uncore", "package-1")):
        zone(tmp_path, f"intel-rapl:{number}", name)
    zone(tmp_path, "intel-rapl:9", "package-2", microjoules="not to be read")
    assert [(counter.source, counter.read()) for counter in rapl_counters(tmp_path)] == 3 * [("rapl", 1.0)]
    assert rapl_counters(tmp_path / "none") == []


def test_a_counter_that_begins_anew_goes_on(tmp_path):
    zone(tmp_path, "intel-rapl:0", "package-0")
    meter = EnergyMeter(rapl_counters(tmp_path))
    for microjoules, joules in ((1_500_000, 0.5), (100_000, 1.1), (200_000, 1.2)):
        (tmp_path / "intel-rapl:0/energy_uj").write_text(str(microjoules))
        assert meter.joules() == {"rapl": pytest.approx(joules)}
    (tmp_path / "intel-rapl:0/energy_uj").unlink()
    assert meter.joules() == meter.joules() == {}


def test_counters_are_read_now_and_then(monkeypatch):
    clock, reads = [0.0], []
    monkeypatch.setattr("deepgalaxy.energy.time.monotonic", lambda: clock[0])
    meter = EnergyMeter([Counter("rapl", lambda: float(len(reads.append(1) or reads)), 100.0)])
    for clock[0] in (10.0, 29.0, 30.0, 31.0, 59.0, 60.0):
        meter.sample()
    assert len(reads) == 3
    assert EnergyMeter([]).joules() == {}


class Library:
    """NVIDIA's, of two GPUs, the second of which has no counter; calls return 0 for success."""

    def __init__(self, ready=True):
        self.ready, self.millijoules, self.lost = ready, 5000, False

    def nvmlInit_v2(self):
        return 0 if self.ready else 9

    def nvmlDeviceGetCount_v2(self, count):
        count._obj.value = 2  # noqa: SLF001
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, device):
        device._obj.value = index + 1  # noqa: SLF001
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, device, energy):
        energy._obj.value = self.millijoules  # noqa: SLF001
        return 3 if device.value == 2 else 15 if self.lost else 0


def test_gpus_count_where_they_have_a_counter():
    library = Library()
    meter = EnergyMeter(nvml_counters(lambda _: library))
    library.millijoules = 7500
    assert meter.joules() == {"nvml": 2.5}
    assert nvml_counters(lambda _: Library(ready=False)) == []


@pytest.mark.parametrize("what", [{"lost": True}, {"millijoules": 0}])
def test_a_gpu_that_is_lost_or_whose_counter_goes_back_is_not_measured(what):
    library = Library()
    meter = EnergyMeter(nvml_counters(lambda _: library))
    vars(library).update(what)
    assert meter.joules() == {}


def test_a_library_that_is_too_old_tells_nothing():
    assert nvml_counters(lambda _: object()) == []


def test_a_machine_without_the_library_has_no_gpus():
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

    assert nvml_counters(missing) == []


def test_nodes_add_up_if_all_measured_the_same():
    assert total_joules([{"rapl": 1.0, "nvml": 5.0}, {"rapl": 2.0, "nvml": 6.0}]) == {"rapl": 3.0, "nvml": 11.0}
    assert total_joules([{}]) is total_joules([]) is total_joules([{"rapl": 1.0}, {}]) is None
