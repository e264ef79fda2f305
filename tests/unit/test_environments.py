"""The configuration files against their schema; the lock files, the conda environments and pyproject.toml."""

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path

import install
import lock
import pytest
import yaml
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from deepgalaxy.planning.code_digest import code_files


@pytest.fixture(scope="module")
def schema(root):
    return yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())


@pytest.mark.parametrize(
    "names",
    [
        ["config/config.yaml"],
        ["config/config.yaml", "config/deepgalaxy_512.yaml"],
        ["config/config.yaml", "config/one_gpu.yaml"],
        [".test/config/config.yaml"],
    ],
)
def test_shipped_configurations_are_valid(root, schema, names):
    Draft202012Validator.check_schema(schema)
    config = {}
    for name in names:
        update_config(config, yaml.safe_load((root / name).read_text()))
    assert list(Draft202012Validator(schema).iter_errors(config)) == []
    for kind in ("datasets", "samples", "models"):
        assert set(config["experiment"][kind]) <= set(config[kind])


def objects(schema, path=""):
    """All parts of a schema that describe objects, with their places."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, part in schema.items():
            yield from objects(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from objects(part, f"{path}/{number}")


def test_the_schema_knows_every_key(schema):
    for path, part in objects(schema):
        assert "additionalProperties" in part, path
        for name, key in part.get("properties", {}).items():
            assert "description" in key or "properties" in key, f"{path}: {name}"


def test_the_real_experiment_is_upstreams(root):
    config = yaml.safe_load((root / "config/deepgalaxy_512.yaml").read_text())
    model = config["models"]["efficientnet_b4"]
    assert (model["architecture"], model["epochs"], model["noise"], model["batch_size"]) == (
        "EfficientNetB4",
        20,
        0.1,
        4,
    )
    assert config["samples"]["time_and_camera"]["selection"]["cameras"] == 14


def test_conda_environments_are_those_of_the_lock(root):
    for name, groups in lock.CONDA.items():
        assert (root / "envs" / name).read_text() == lock.conda_environment(groups), f"{name}: run `make lock`"


def test_everything_is_pinned_with_hashes_and_no_address(root):
    for name in lock.LOCKS:
        text = (root / "envs" / name).read_text()
        requirements = re.split(r"\n(?=\w)", text.strip())
        for requirement in requirements:
            assert re.match(r"[\w.-]+==[\w.]+ ", requirement) and "--hash=sha256:" in requirement, requirement
        assert "://" not in text


def test_the_lock_holds_the_direct_dependencies_and_horovod_is_the_built_one(root):
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    versions = lock.pinned_versions()
    direct = {lock.canonical(requirement) for group in groups.values() for requirement in group}
    assert direct - versions.keys() == {lock.BUILT_FROM_SOURCE}
    built = re.search(r"^version=(.*)$", (root / "envs/train.post-deploy.sh").read_text(), re.MULTILINE)[1]
    assert f"horovod=={built}" in groups["horovod"]


def test_with_a_gpu_there_is_the_same_tensorflow_with_cuda_and_all_else_is_the_same(root):
    for_cpus, for_gpu = (install.pins(root / "envs" / name) for name in ("requirements.txt", "requirements-gpu.txt"))
    assert for_gpu.pop("tensorflow") == for_cpus.pop("tensorflow-cpu")
    cuda = {name for name in for_gpu if name.startswith("nvidia-")}
    assert cuda and for_cpus == {name: version for name, version in for_gpu.items() if name not in cuda}


def test_one_gpu_takes_one_worker(root):
    config = yaml.safe_load((root / "config/config.yaml").read_text())
    update_config(config, yaml.safe_load((root / "config/one_gpu.yaml").read_text()))
    parts = (config[part]["workers"] for part in ("experiment", "scaling", "benchmark"))
    assert {number for numbers in parts for number in numbers} == {1}


def test_download_and_plot_environments_have_no_tensorflow(root):
    for name in ("acquire.yaml", "simulate.yaml", "images.yaml", "report.yaml"):
        assert "tensorflow" not in (root / "envs" / name).read_text()


def test_rebound_is_a_reference_of_the_tests_alone(root):
    """It is licensed under the GPL, and this workflow under the MIT licence."""
    assert [path.name for path in (root / "envs").glob("*.*") if "rebound" in path.read_text()] == [
        "requirements-test.txt"
    ]


def test_without_a_compiler_horovods_build_says_so_in_one_line(run, root):
    result = run(shutil.which("bash"), root / "envs" / "train.post-deploy.sh", env={"PATH": ""})
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "no C++ compiler found; install one" in result.stderr


def write_program(path, line):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def test_a_cuda_toolkit_or_nccl_that_is_not_there_is_said_in_one_line(run, root, tmp_path):
    def says(sentence, **variables):
        variables = {"NCCL_HOME": "", "CUDA_HOME": "", "PATH": f"{Path(sys.executable).parent}:{tmp_path}"} | variables
        result = run("bash", root / "envs/train.post-deploy.sh", "nccl", env=variables)
        assert result.returncode == 1 and result.stderr == f"horovod: {sentence}\n", result.stderr

    for program in ("bash", "c++", "make", "patch", "dirname", "sed"):
        (tmp_path / program).symlink_to(shutil.which(program))
    says("no CUDA toolkit found; load its module, or set CUDA_HOME, or install envs/requirements-nvcc.txt.")
    no_nvcc = "that runs; set CUDA_HOME to a CUDA toolkit, or unset it to use another nvcc."
    toolkit = tmp_path / "toolkit"
    says(f"there is no bin/nvcc in {toolkit} {no_nvcc}", CUDA_HOME=str(toolkit))
    write_program(toolkit / "bin/nvcc", "echo 'Cuda compilation tools, release 12.8, V12.8.93'")
    no_nccl = "no NCCL found; set NCCL_HOME to where it is."
    says(no_nccl, CUDA_HOME=str(toolkit))
    no_header = f"there is no include/nccl.h in {tmp_path}; set NCCL_HOME to an NCCL, or unset it."
    says(no_header, CUDA_HOME=str(toolkit), NCCL_HOME=str(tmp_path))
    write_program(tmp_path / "nvcc", f"echo '#$ TOP={toolkit}/bin/..'")  # a script that calls the one of the toolkit
    says(no_nccl)
    write_program(tmp_path / "nvcc", "exit 1")
    says("the nvcc on the PATH does not run; set CUDA_HOME to a CUDA toolkit that does.")


# The packages whose modules have other names.
PACKAGES = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow-cpu",
    "yaml": "pyyaml",
    "zlib_ng": "zlib-ng",
}


def third_party_imports(script):
    """Packages that a script and the modules it imports need, by the names that pip knows them by."""
    packages = set()
    for file in code_files(script):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            packages |= {PACKAGES.get(top, top) for top in (name.split(".")[0] for name in names)}
    return packages - sys.stdlib_module_names - {"deepgalaxy"}


def test_the_environment_of_each_rule_has_what_its_code_imports(root):
    rules = "\n".join(file.read_text() for file in (root / "rules").glob("*.smk"))
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    used = {}
    for rule in rules.split("\nrule ")[1:]:
        script = re.search(r'code_digest\("(.*?)"\)', rule)[1]
        environment = re.search(r'"\.\./envs/(.*?)"', rule)[1]
        available = {lock.canonical(name) for group in lock.CONDA[environment] for name in groups[group]}
        needed = third_party_imports(script)
        assert needed <= available, f"{script} needs {needed - available}, which {environment} lacks"
        used.setdefault(environment, set()).update(needed)
    # Nothing is installed in vain either; what the Horovod group holds beyond MPI serves its build.
    for environment, needed in used.items():
        group = environment.removesuffix(".yaml")
        assert {lock.canonical(name) for name in groups[group]} <= needed, environment


NOT_HERE = {install.UV_LOCK.name, "requirements-gpu.txt", "requirements-nvcc.txt"}


@pytest.mark.parametrize("name", [name for name in lock.LOCKS if name not in NOT_HERE])
def test_all_that_is_locked_is_installed(root, name):
    assert install.missing(root / "envs" / name) == []
