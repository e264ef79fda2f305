"""What a user or a site has set for other programs does not reach in."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from deepgalaxy.cluster.own_mpi import environment_of_launcher
from deepgalaxy.planning.import_path import without_foreign
from deepgalaxy.provenance.commit import commit_of

PYTHON = (sys.executable, "-c")


def without(name):
    """The variables of this process without one."""
    return {other: value for other, value in os.environ.items() if other != name}


DRAW = (
    "import sys\n"
    "from deepgalaxy.figures import style\n"
    "figure, axes = style.plt.subplots()\n"
    "axes.plot([1, 3, 2])\n"
    "axes.set_title('Merger')\n"
    "style.save_figure(figure, sys.argv[1])\n"
)
PREDICT = (
    "from deepgalaxy.tensorflow_setup import import_tensorflow\n"
    "import_tensorflow()\n"
    "import keras, numpy as np\n"
    "from deepgalaxy.training.network import build_network\n"
    "from deepgalaxy.training.options import TrainingOptions\n"
    "keras.utils.set_random_seed(1)\n"
    "options = TrainingOptions(architecture='reference_cnn', epochs=1, batch_size=1)\n"
    "network = build_network(options, 16, 'float16', 3)\n"
    "print(keras.backend.backend(), network.predict_on_batch(np.ones((1, 16, 16, 1), np.float16)).tobytes().hex())\n"
)


@pytest.fixture
def figure(run, tmp_path):
    """A function that draws a figure with some variables set, and returns the file's bytes."""

    def figure(**variables):
        assert run(*PYTHON, DRAW, tmp_path / "figure.svg", env=variables, cwd=tmp_path).returncode == 0
        return (tmp_path / "figure.svg").read_bytes()

    return figure


@pytest.mark.parametrize(
    "settings", ["text.usetex: True", "font.size: 24\nsavefig.bbox: tight\nfigure.facecolor: black", "backend: qtagg"]
)
def test_settings_of_matplotlib_change_no_figure(figure, tmp_path, settings):
    plain = figure()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/matplotlibrc").write_text(settings)
    assert figure(MATPLOTLIBRC=str(tmp_path / "theirs")) == plain
    assert figure(MPLBACKEND="webagg") == figure(MPLBACKEND="nonsense") == plain
    (tmp_path / "theirs/matplotlibrc").write_bytes(b"# M\xfcller\n")
    assert figure(MATPLOTLIBRC=str(tmp_path / "theirs")) == plain


def test_settings_of_keras_change_no_network(run, tmp_path):
    plain = run(*PYTHON, PREDICT, env={"KERAS_HOME": str(tmp_path / "none")})
    assert plain.returncode == 0 and plain.stdout.startswith("tensorflow "), plain.stderr
    (tmp_path / "theirs").mkdir()
    theirs = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.1}
    (tmp_path / "theirs/keras.json").write_text(json.dumps(theirs))
    variables = {"KERAS_HOME": str(tmp_path / "theirs"), "KERAS_BACKEND": "jax", "KERAS_MAX_STEPS_PER_EPOCH": "1"}
    assert run(*PYTHON, PREDICT, env=variables).stdout == plain.stdout
    (tmp_path / "theirs/keras.json").write_text("[]")
    assert run(*PYTHON, PREDICT, env=variables).stdout == plain.stdout


def test_versions_in_another_import_path_are_not_those_that_compute(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "theirs"), str(tmp_path / "site"))))
    path = [str(tmp_path / name) for name in ("theirs", "site", "venv")]
    assert without_foreign(path, tmp_path / "site/snakemake/__init__.py") == path[1:]


def test_the_launcher_runs_without_docstrings(run):
    command = (sys.executable, "-m", "deepgalaxy.cluster.launcher", *PYTHON, "print(7)")
    assert run(*command, env={"PYTHONOPTIMIZE": "2"}).stdout == "7\n"


def test_files_are_written_where_the_file_system_has_no_locks(tmp_path):
    (tmp_path / "flock.c").write_text(
        "#include <errno.h>\nint flock(int d, int o) { (void)d; (void)o; errno = ENOLCK; return -1; }\n"
    )
    library = tmp_path / "flock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "flock.c"], check=True)
    write = "import h5py; h5py.File('file.hdf5', 'w').close(); h5py.File('file.hdf5').close()"
    variables = without("HDF5_USE_FILE_LOCKING") | {"LD_PRELOAD": str(library)}
    plain = subprocess.run([*PYTHON, write], cwd=tmp_path, env=variables, capture_output=True)
    assert b"No locks available" in plain.stderr
    assert subprocess.run([*PYTHON, f"import deepgalaxy; {write}"], cwd=tmp_path, env=variables).returncode == 0


@pytest.fixture
def other_pmix(tmp_path):
    """Variables that bring in a library which calls itself PMIx, as modules of a site may."""
    (tmp_path / "site").mkdir()
    (tmp_path / "empty.c").write_text("int nothing;\n")
    library = ["cc", "-shared", "-fPIC", "-Wl,-soname,libpmix.so.2", "-o", tmp_path / "site/libpmix.so.2"]
    subprocess.run([*library, tmp_path / "empty.c"], check=True)
    return {"LD_LIBRARY_PATH": str(tmp_path / "site"), "OPAL_PREFIX": "/nowhere", "PMIX_PREFIX": "/nowhere"}


def test_another_mpi_in_the_way_does_not_keep_ranks_from_starting(run, other_pmix):
    command = ("mpirun", "-np", "2", "--bind-to", "none", "--oversubscribe", "--allow-run-as-root", *PYTHON, "print(7)")
    assert run(*command, env=other_pmix).returncode != 0
    result = run(sys.executable, "-m", "deepgalaxy.cluster.launcher", *command, env=other_pmix)
    assert result.returncode == 0 and result.stdout.split() == ["7", "7"], result.stderr


def test_a_launcher_of_the_site_gets_its_own_libraries(tmp_path):
    (tmp_path / "mpirun").touch(0o755)
    theirs = {"PATH": str(tmp_path), "LD_LIBRARY_PATH": "/site/lib", "OPAL_PREFIX": "/site"}
    assert environment_of_launcher("mpirun", theirs) == theirs
    assert environment_of_launcher("not_there", theirs) == theirs


def test_a_checkout_of_another_owner_has_its_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ | {"HOME": str(tmp_path), "GIT_DIR": str(tmp_path / "another/.git")})
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    for command in (("init", "-q"), (*identity, "commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run(["git", *command], cwd=checkout, env=without("GIT_DIR"), check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=checkout, env=without("GIT_DIR"), text=True)
    assert commit_of(checkout) == commit.strip()
    if os.getuid():
        pytest.skip("only root can give a directory to somebody else")
    for path in [checkout, *checkout.rglob("*")]:
        shutil.chown(path, 4321, 4321)
    refused = subprocess.run(["git", "describe", "--always"], cwd=checkout, env=without("GIT_DIR"), capture_output=True)
    assert b"dubious ownership" in refused.stderr
    assert commit_of(checkout) == commit.strip()
