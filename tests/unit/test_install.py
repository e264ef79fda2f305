"""The installer takes what the lock files pin, and nothing else, from where pip's settings say."""

import hashlib
import sys
import sysconfig
import venv
import zipfile

import install
import pytest

SETTINGS = """\
:env:.find-links='/wheels /more'
:env:.index-url='https://environment/simple'
freeze.timeout='1'
global.extra-index-url='\\nhttps://first/simple\\nhttps://second/simple'
global.index-url='https://global/simple'
install.cert='/certificates.pem'
"""


def test_uv_is_told_pips_settings():
    told = install.variables_for_uv(install.settings_of_pip(SETTINGS), {"HOME": "/home"})
    assert told == {
        "HOME": "/home",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_DEFAULT_INDEX": "https://environment/simple",
        "UV_INDEX": "https://first/simple https://second/simple",
        "SSL_CERT_FILE": "/certificates.pem",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_an_index_that_uv_is_given_counts(name):
    own = {name: "https://own/simple", "SSL_CERT_FILE": "/own.pem"}
    told = install.variables_for_uv(install.settings_of_pip(SETTINGS), own)
    assert {told[name] for name in own} == set(own.values())
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX"} - own.keys() & told.keys()


def test_what_was_not_installed_is_named(tmp_path):
    pin = f"yaml-not-there==1.0 \\\n    --hash=sha256:{'0' * 64}\npytest=={pytest.__version__} \\\npyyaml==0.1\n"
    (tmp_path / "requirements.txt").write_text(pin)
    assert install.missing(tmp_path / "requirements.txt") == ["yaml-not-there==1.0", "pyyaml==0.1"]


@pytest.fixture
def lock(tmp_path):
    """A lock file of one package, whose wheel lies in the directory `wheels`."""
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels/probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("probe.py", "there = True\n")
        archive.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        archive.writestr("probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("probe-1.0.dist-info/RECORD", "probe.py,,\nprobe-1.0.dist-info/RECORD,,\n")
    (tmp_path / "lock.txt").write_text(
        f"probe==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n", encoding="utf-8"
    )
    return tmp_path / "lock.txt"


def test_a_package_is_installed_by_its_hash_also_after_an_interruption(run, root, tmp_path, lock):
    install.cached_uv()  # from where packages come for these tests
    environment = tmp_path / "some environment"
    venv.create(environment, with_pip=False)
    packages = environment / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    (packages / "pip.pth").write_text(sysconfig.get_path("purelib") + "\n")
    settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }

    def installs():
        return run(environment / "bin/python", root / "envs/install.py", lock, env=settings)

    right = lock.read_text()
    lock.write_text(f"probe==1.0 --hash=sha256:{'0' * 64}\n")
    result = installs()
    assert result.returncode and "Hash mismatch for `probe==1.0`" in result.stderr, result.stderr
    lock.write_text(right)
    result = installs()
    assert result.returncode == 0, result.stderr
    assert list(packages.glob("__pycache__/probe.*.pyc"))
    module = packages / "probe.py"
    module.unlink()  # as if it had been stopped before this file
    (environment / "unfinished").touch()
    assert installs().returncode == 0 and module.exists()
    assert not (environment / "unfinished").exists()
