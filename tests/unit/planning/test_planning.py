"""What the rules use: digests of code, launch commands, mergers of the configuration."""

import hashlib
import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest

from deepgalaxy.planning import code_digest as digest
from deepgalaxy.planning.configuration import in_order, read_numbers
from deepgalaxy.planning.import_path import export_import_path, link_package, package_parent


def forget():
    for function in (
        digest.code_digest,
        digest.library_versions,
        digest.parsed,
        digest.code_files,
        digest.imports_of,
        digest.companions_of,
        digest.installed_version,
    ):
        function.cache_clear()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the scripts and the package that may be edited; the digest reads it."""
    scripts = shutil.copytree(digest.PACKAGE.parent, tmp_path / "scripts")
    monkeypatch.setattr(digest, "PACKAGE", scripts / "deepgalaxy")
    forget()
    yield scripts / "deepgalaxy"
    forget()


def digests(package):
    forget()
    names = [str(path.relative_to(package.parent)) for path in package.parent.glob("*/*.py") if path.parent != package]
    names.append("deepgalaxy/train.py")
    return {Path(name).stem: digest.code_digest(name) for name in names}


def changed(package, edit):
    before = digests(package)
    edit()
    after = digests(package)
    return {name for name in before if before[name] != after[name]}


def append(path, text):
    path.write_text(path.read_text() + text)


def test_an_edit_touches_the_scripts_that_import_it_and_no_other(package):
    assert changed(package, lambda: append(package / "sample/split.py", "\nX = 1\n")) == {
        "split_images",
        *("plot_parameters", "plot_sample"),  # draw the splits by their names
    }
    assert changed(package, lambda: append(package / "evaluation/error_breakdown.py", "\nX = 1\n")) == {
        "break_down_errors",
        "tabulate_intervals",  # by the phase of the merger
        "score_encoder",  # likewise
    }
    assert changed(package, lambda: append(package / "simulation/galaxy.py", "\nX = 1\n")) == {
        "simulate_galaxies",
    }
    assert changed(package, lambda: append(package / "training/network.py", "\nX = 1\n")) == {"train"}
    assert changed(package, lambda: append(package / "report/page.html.jinja", "<p>")) == {"write_report"}


def test_comments_docstrings_layout_and_file_times_do_not_count(package):
    def edit():
        source = (package / "evaluation/metrics.py").read_text()
        (package / "evaluation/metrics.py").write_text(
            "# A remark.\n\n" + source.replace('"""', '"""In other words: ', 1).replace(" == ", "  ==  ")
        )
        os.utime(package / "sample/split.py", (0, 0))

    assert changed(package, edit) == set()


SOURCE = """
import a.b as c
@c.wrap
async def f(x: int = 1, /, *args: str, y: "T" = None, **kw) -> list[int]:
    '''What it does.'''
    match x:
        case {"k": [1, *rest]} if (n := len(rest)) > 2:
            return f"{n:>{x}} × {{}} {y!r}" "tail"
    return [*args, {**kw, "a": ...}, lambda z=1j, *, w: z, b"\\xff", 1e-300, -2, "é"]
"""


def test_a_digest_does_not_depend_on_the_version_of_python():
    """The form is compared with that of Python 3.11; the syntax trees of later versions have more, empty fields."""
    form, _ = digest.parse(SOURCE.encode())
    assert hashlib.sha256(form.encode()).hexdigest()[:16] == "d52586d7d2d55fa7"
    for name in ("type_params", "type_comment", "kind", "returns=None", "What it does"):
        assert name not in form


def test_code_is_parsed_once_for_all_starts_of_a_workflow(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "PARSED", tmp_path / "parsed")
    forget()
    first = digest.code_digest("sample/split_images.py"), digest.library_versions("sample/split_images.py")
    monkeypatch.setattr(digest, "parse", None)
    forget()
    assert first == (digest.code_digest("sample/split_images.py"), digest.library_versions("sample/split_images.py"))


def test_where_nothing_can_be_kept_code_is_parsed_each_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    forget()
    kept = digest.code_digest("sample/split_images.py")
    for place in ("file", "nowhere/parsed"):  # one where none can be, and one where no workflow runs
        monkeypatch.setattr(digest, "PARSED", tmp_path / place)
        forget()
        assert digest.code_digest("sample/split_images.py") == kept
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_digest_does_not_depend_on_the_locale(run):
    """In the locale C, without Python's UTF-8 mode, text is ASCII."""
    script = "figures/plot_contact_sheet.py"  # whose code has a dash
    command = f"from deepgalaxy.planning.code_digest import code_digest; print(code_digest({script!r}))"
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert run(sys.executable, "-c", command, env=ascii_only).stdout.strip() == digest.code_digest(script)


@pytest.mark.parametrize(
    ("script", "libraries"),
    [
        ("simulation/simulate_galaxies.py", ["numba", "numpy", "scipy"]),
        ("sample/prepare_images.py", ["cv2", "numpy"]),
        ("deepgalaxy/train.py", ["cv2", "keras", "numpy", "tensorflow"]),
        ("dataset/fetch_dataset.py", []),  # another version of NumPy is no reason to get 14 GB once more
    ],
)
def test_the_versions_of_what_computes_are_part_of_a_result(monkeypatch, script, libraries):
    forget()
    before = digest.library_versions(script)
    assert [text.split()[0] for text in before] == libraries
    assert f"numpy {np.__version__}" in before or not before
    monkeypatch.setattr(digest, "version", lambda package: "9.9" if package == "numpy" else version(package))
    forget()
    after = digest.library_versions(script)
    assert set(after) - set(before) == ({"numpy 9.9"} if "numpy" in libraries else set())
    forget()


def test_another_build_of_a_library_and_none_at_all(monkeypatch):
    def installed(package):
        if package != "tensorflow":
            raise PackageNotFoundError(package)
        return "2.21.0"

    monkeypatch.setattr(digest, "version", installed)
    forget()
    assert digest.library_versions("deepgalaxy/train.py") == ["tensorflow 2.21.0"]
    forget()


def test_the_import_path_is_exported_once_without_a_users_own(monkeypatch):
    monkeypatch.delenv("PYTHONNOUSERSITE", raising=False)
    monkeypatch.setenv("PYTHONPATH", "/elsewhere::/site/snakemake")
    for _ in range(2):
        export_import_path(package_parent(), "/site/snakemake/snakemake/__init__.py")
    assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(digest.PACKAGE.parent), "/site/snakemake"]
    assert os.environ["PYTHONNOUSERSITE"] == "1"


def test_an_installed_package_is_exported_without_its_neighbours(tmp_path):
    for _ in range(2):
        directory = link_package(tmp_path / "packages")
    assert directory == tmp_path / "packages" and [path.name for path in directory.iterdir()] == ["deepgalaxy"]
    assert (directory / "deepgalaxy").samefile(digest.PACKAGE)


def test_a_copy_of_a_script_has_the_digest_of_the_script(package, tmp_path):
    script = tmp_path / "cache/sample/split_images.py"
    script.parent.mkdir(parents=True)
    script.write_text((package.parent / "sample/split_images.py").read_text().rstrip())
    (script.parent / "split_images.old").touch()
    assert digest.code_digest(str(script)) == digest.code_digest("sample/split_images.py")


def test_the_order_of_keys_does_not_matter():
    one, other = {"b": [{"y": 1, "x": 2}], "a": 3}, {"a": 3, "b": [{"x": 2, "y": 1}]}
    assert str(one) != str(other)
    assert str(in_order(one)) == str(in_order(other)) == "{'a': 3, 'b': [{'x': 2, 'y': 1}]}"


def test_numbers_that_snakemake_hands_on_as_text_are_read():
    section = {
        "ranks_per_node": "4",
        "stop_minutes": "0.5",
        "gpu": "gpu:2",
        "launcher": "",
        "envmodules": ["1"],
        "n": 3,
    }
    assert read_numbers(section) == section | {"ranks_per_node": 4, "stop_minutes": 0.5}
