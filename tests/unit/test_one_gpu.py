"""What is said of GPUs before anything is done with them, by a driver like NVIDIA's."""

import json
import re
import sys

import pytest

from deepgalaxy import gpu

KERNEL_MODULES = {
    "535.104.05": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023",
    "580.65.06": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs)",
}


class Cuda:
    """The driver's library, of some GPUs; each function returns 0, or what ``failing`` gives it."""

    def __init__(self, version=12080, free_gib=(70.0,), **failing):
        self.version, self.free_gib, self.failing, self.released = version, free_gib, failing, 0
        self.current = 0

    def __getattr__(self, function):
        """Return a function of the library; those that have something to return begin with ``do_`` here."""

        def call(*arguments):
            status = self.failing.get(function, 0)
            if not status and (do := vars(Cuda).get(f"do_{function}")):
                do(self, *arguments)
            return status

        return call

    def do_cuDriverGetVersion(self, version):
        version._obj.value = self.version  # noqa: SLF001

    def do_cuDeviceGetCount(self, count):
        count._obj.value = len(self.free_gib)  # noqa: SLF001

    def do_cuDeviceGet(self, device, number):
        device._obj.value = number  # noqa: SLF001

    def do_cuDevicePrimaryCtxRetain(self, _, device):
        self.current = device.value

    def do_cuDeviceGetName(self, name, *_):
        name.value = b"NVIDIA H100"

    def do_cuMemGetInfo_v2(self, free, total):
        free._obj.value, total._obj.value = int(self.free_gib[self.current] * 2**30), 80 * 2**30  # noqa: SLF001

    def do_cuGetErrorName(self, _, name):
        name._obj.value = b"CUDA_ERROR_UNKNOWN"  # noqa: SLF001

    def do_cuDevicePrimaryCtxRelease_v2(self, _):
        self.released += 1


@pytest.fixture(autouse=True)
def horovod(monkeypatch, tmp_path):
    """What the installed Horovod's build has noted: a file, which says that it is for CPUs."""
    notes = tmp_path / "horovod/metadata.json"
    notes.parent.mkdir()
    (notes.parent / "__init__.py").touch()
    notes.write_text('{"tensorflow": "2.21.0"}')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "horovod", raising=False)
    return notes


@pytest.mark.parametrize("version", KERNEL_MODULES)
def test_a_gpu_is_described(version, tmp_path):
    cuda = Cuda()
    (tmp_path / "version").write_text(f"{KERNEL_MODULES[version]}\nGCC version:  12.2.0\n")
    described = gpu.describe_gpus(1, lambda _: cuda, tmp_path / "version")
    assert described == f"NVIDIA H100, 70.0 of 80.0 GiB free, driver {version}"
    assert cuda.released == 1


def test_each_of_several_gpus_is_described(tmp_path):
    cuda = Cuda(free_gib=(70.0, 60.0, 0.1))
    described = gpu.describe_gpus(2, lambda _: cuda, tmp_path / "version")
    assert described == "NVIDIA H100, 70.0 of 80.0 GiB free, NVIDIA H100, 60.0 of 80.0 GiB free, driver"
    with pytest.raises(ValueError, match=r"too little free memory \(NVIDIA H100, 0\.1 of 80\.0 GiB free\)"):
        gpu.describe_gpus(3, lambda _: cuda, tmp_path / "version")
    with pytest.raises(ValueError, match=r"CUDA finds only 3 here, and each of 4 workers takes a GPU of its own: "):
        gpu.describe_gpus(4, lambda _: cuda, tmp_path / "version")


def test_a_driver_has_to_know_the_cuda_of_horovod(tmp_path, horovod):
    horovod.write_text(json.dumps({"tensorflow": "2.21.0", "cuda": "13.5.37"}))
    with pytest.raises(ValueError, match=r"knows CUDA 12\.8, and Horovod is built with CUDA 13; install driver 580 or"):
        gpu.describe_gpus(1, lambda _: Cuda(), tmp_path / "version")
    assert gpu.describe_gpus(1, lambda _: Cuda(version=13000), tmp_path / "version")
    horovod.write_text('{"cuda": "14.0"}')
    with pytest.raises(ValueError, match="install a newer driver, or build Horovod with an older CUDA"):
        gpu.describe_gpus(1, lambda _: Cuda(version=13000), tmp_path / "version")
    horovod.unlink()
    assert gpu.describe_gpus(1, lambda _: Cuda(), tmp_path / "version")


@pytest.mark.parametrize(
    ("cuda", "sentence"),
    [
        (Cuda(version=11040), r"The driver is too old: it knows CUDA 11\.4, .* CUDA 12; install driver 525 or later\."),
        (Cuda(cuInit=100), r"CUDA finds no GPU here, or CUDA_VISIBLE_DEVICES hides all"),
        (Cuda(cuInit=999), r"cuInit fails with CUDA_ERROR_UNKNOWN"),
        (Cuda(cuInit=999, cuGetErrorName=1), r"cuInit fails with error 999"),
        (Cuda(cuDevicePrimaryCtxRetain=2), r"The GPU has no free memory: end what uses it"),
        (Cuda(free_gib=(0.5,)), r"too little free memory \(NVIDIA H100, 0\.5 of 80\.0 GiB free\): end what uses it"),
    ],
)
def test_what_is_in_the_way_is_one_sentence(cuda, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence) as raised:
        gpu.describe_gpus(1, lambda _: cuda, tmp_path / "version")
    assert "\n" not in str(raised.value)


def test_a_driver_that_is_missing_is_said():
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file: No such file or directory")

    with pytest.raises(ValueError, match=r"no driver of NVIDIA's here \(libcuda\.so\.1: cannot open .*version 525"):
        gpu.describe_gpus(1, missing)


@pytest.mark.parametrize(("cuda", "sentence"), [(False, "is one for CPUs"), (True, "TensorFlow does not see it")])
def test_a_tensorflow_that_does_not_see_the_gpu_is_said(monkeypatch, cuda, sentence):
    import tensorflow as tf

    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: cuda)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    with pytest.raises(ValueError, match=rf"There is a GPU \(NVIDIA H100\).*{re.escape(sentence)}"):
        gpu.check_tensorflow("NVIDIA H100")
