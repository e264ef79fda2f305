"""What is said of a GPU before anything is done with it, by a driver like NVIDIA's."""

import re

import pytest

from deepgalaxy import gpu

KERNEL_MODULES = {
    "535.104.05": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023",
    "580.65.06": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs)",
}


class Cuda:
    """The driver's library, of one GPU; each function returns 0, or what ``failing`` gives it."""

    def __init__(self, version=12080, free_gib=70.0, **failing):
        self.version, self.free_gib, self.failing, self.released = version, free_gib, failing, 0

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

    def do_cuDeviceGetName(self, name, *_):
        name.value = b"NVIDIA H100"

    def do_cuMemGetInfo_v2(self, free, total):
        free._obj.value, total._obj.value = int(self.free_gib * 2**30), 80 * 2**30  # noqa: SLF001

    def do_cuGetErrorName(self, _, name):
        name._obj.value = b"CUDA_ERROR_UNKNOWN"  # noqa: SLF001

    def do_cuDevicePrimaryCtxRelease_v2(self, _):
        self.released += 1


@pytest.mark.parametrize("version", KERNEL_MODULES)
def test_a_gpu_is_described(version, tmp_path):
    cuda = Cuda()
    (tmp_path / "version").write_text(f"{KERNEL_MODULES[version]}\nGCC version:  12.2.0\n")
    described = gpu.describe_gpu(lambda _: cuda, tmp_path / "version")
    assert described == f"NVIDIA H100, 70.0 of 80.0 GiB free, driver {version}"
    assert cuda.released == 1


@pytest.mark.parametrize(
    ("cuda", "sentence"),
    [
        (Cuda(version=11040), r"The driver is too old: it knows CUDA 11\.4, .* CUDA 12; install driver 525 or later\."),
        (Cuda(cuInit=100), r"CUDA finds no GPU here, or CUDA_VISIBLE_DEVICES hides all"),
        (Cuda(cuInit=999), r"cuInit fails with CUDA_ERROR_UNKNOWN"),
        (Cuda(cuInit=999, cuGetErrorName=1), r"cuInit fails with error 999"),
        (Cuda(cuDevicePrimaryCtxRetain=2), r"The GPU has no free memory: end what uses it"),
        (Cuda(free_gib=0.5), r"too little free memory \(NVIDIA H100, 0\.5 of 80\.0 GiB free\): end what uses it"),
    ],
)
def test_what_is_in_the_way_is_one_sentence(cuda, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence) as raised:
        gpu.describe_gpu(lambda _: cuda, tmp_path / "version")
    assert "\n" not in str(raised.value)


def test_a_driver_that_is_missing_is_said():
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file: No such file or directory")

    with pytest.raises(ValueError, match=r"no driver of NVIDIA's here \(libcuda\.so\.1: cannot open .*version 525"):
        gpu.describe_gpu(missing)


@pytest.mark.parametrize(("cuda", "sentence"), [(False, "is one for CPUs"), (True, "TensorFlow does not see it")])
def test_a_tensorflow_that_does_not_see_the_gpu_is_said(monkeypatch, cuda, sentence):
    import tensorflow as tf

    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: cuda)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    with pytest.raises(ValueError, match=rf"There is a GPU \(NVIDIA H100\).*{re.escape(sentence)}"):
        gpu.check_tensorflow("NVIDIA H100")
