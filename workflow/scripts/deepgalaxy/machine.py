"""The machine that a run was made on, and the settings that it found there."""

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

_RECORDED = (
    *("CUDA_VISIBLE_DEVICES", "HOROVOD_", "NCCL_", "OMP_", "OMPI_MCA_", "PRTE_MCA_", "SLURM_JOB_"),
    # TensorFlow's families of variables. Terraform's start with TF_ as well, and may hold secrets.
    *("TF_AUTOTUNE_", "TF_CPP_", "TF_CPU_", "TF_CUDA_", "TF_CUDNN_", "TF_DETERMINISTIC_", "TF_DISABLE_", "TF_ENABLE_"),
    *("TF_FORCE_", "TF_GPU_", "TF_NUM_", "TF_USE_", "TF_XLA_"),
)
_NEVER_RECORDED = re.compile("KEY|PASSWORD|SECRET|TOKEN|OMPI_MCA_initial_wdir")  # the last is of mpirun's own, a path


def describe_machine(cpuinfo: str | Path = "/proc/cpuinfo") -> dict[str, str | int | None]:
    """Return the name of this host's processor, its cores (None if Python cannot tell), and its main memory in MiB."""
    return {
        "processor": _processor(Path(cpuinfo)),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
    }


def _processor(cpuinfo: Path) -> str:
    """Return what Linux calls the processor, or its architecture; ``platform.processor`` is empty on Debian."""
    found = (
        re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        if cpuinfo.exists()
        else None
    )
    return found[1] if found else platform.machine()


def recorded_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that bear on speed, by their prefixes, sorted; never others, which may hold secrets."""
    return {
        name: environment[name]
        for name in sorted(environment)
        if name.startswith(_RECORDED) and not _NEVER_RECORDED.search(name)
    }
