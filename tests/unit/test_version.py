"""The version of the workflow, of which pyproject.toml is the only source."""

import tomllib

import pytest

import deepgalaxy
from deepgalaxy.version import PROJECT, UNKNOWN, workflow_version


def installed(directory, version):
    """A package as pip installs it, with its metadata beside it; the path of the package."""
    package = directory / "lib" / "python3.11" / "site-packages" / "deepgalaxy"
    package.mkdir(parents=True)
    about = package.parent / f"deepgalaxy_workflow-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {PROJECT}\nVersion: {version}\n")
    return package


def in_checkout(directory, project):
    """A package in a checkout whose pyproject.toml has this text; the path of the package."""
    package = directory / "workflow" / "scripts" / "deepgalaxy"
    package.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(project)
    return package


def test_a_checkout_has_the_version_of_its_project(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["name"] == PROJECT
    assert deepgalaxy.__version__ == workflow_version() == project["version"]


def test_a_checkout_goes_before_what_is_installed_beside_it(tmp_path):
    package = in_checkout(tmp_path, f'[project]\nname = "{PROJECT}"\nversion = "7.8"\n')
    about = package.parent / "deepgalaxy_workflow.egg-info"  # as an editable installation leaves it
    about.mkdir()
    (about / "PKG-INFO").write_text(f"Metadata-Version: 2.4\nName: {PROJECT}\nVersion: 7.7\n")
    assert workflow_version(package) == "7.8"


def test_an_installed_package_has_the_version_in_its_metadata(tmp_path):
    package = installed(tmp_path, "1.2.3")
    assert workflow_version(package) == "1.2.3"
    link = tmp_path / "packages" / "deepgalaxy"  # as the rules' conda environments find it
    link.parent.mkdir()
    link.symlink_to(package)
    assert workflow_version(link) == "1.2.3"


def test_a_version_that_nothing_tells_is_unknown(tmp_path):
    assert workflow_version(tmp_path / "a/b/c/deepgalaxy") == UNKNOWN
    assert workflow_version(in_checkout(tmp_path, '[project]\nname = "another"\nversion = "9"\n')) == UNKNOWN
    assert workflow_version(in_checkout(tmp_path / "bare", "[tool.ruff]\n")) == UNKNOWN


def test_the_package_has_no_other_attribute_of_that_kind():
    with pytest.raises(AttributeError, match="no attribute '__author__'"):
        _ = deepgalaxy.__author__
