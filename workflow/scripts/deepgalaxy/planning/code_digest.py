"""What a rule's result depends on in this package, as one short text.

Snakemake sees edits of a rule's script, not of the modules that the script imports. A rule therefore carries the
digest of these modules as a parameter: an edit reruns the rules whose code it touches, while comments, docstrings,
layout and file times do not matter. Beside it stand the versions of the libraries that compute.
"""

import ast
import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from deepgalaxy.files import read_json, write_json

PACKAGE = Path(__file__).parents[1]
PARSED = Path(".snakemake/parsed_code")
"""What has been parsed, in the directory of a workflow: a file for each content, since parsing all code takes a third
of the time in which a workflow starts."""

COMPUTING = {
    "cv2": ("opencv-python-headless", "opencv-python"),
    "keras": ("keras",),
    "numba": ("numba",),
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "sklearn": ("scikit-learn",),
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
}
"""The libraries of which another version may give other numbers: the modules, each with packages that provide it."""


@cache
def code_digest(script: str) -> str:
    """Return a digest of ``script`` and all of this package that it imports.

    ``script`` is a path relative to the package's parent, or the absolute path of a copy that lies elsewhere.

    Python files count by their statements without docstrings, other files of a module's name (such as its template) by
    their bytes, and where the files lie does not count. Raises FileNotFoundError if there is no such script.
    """
    digest = hashlib.sha256()
    for file in code_files(script):
        digest.update(parsed(file)[0].encode())
        for companion in companions_of(file):
            digest.update(companion.read_bytes())
    return digest.hexdigest()[:16]


@cache
def library_versions(script: str) -> list[str]:
    """Return name and version of those of COMPUTING that ``script`` and all of this package that it uses import, as
    they are installed in this Python's environment, sorted; nothing is imported for that.
    """
    imported = {name.split(".")[0] for file in code_files(script) for name in parsed(file)[1]}
    found = {name: installed_version(COMPUTING[name]) for name in sorted(imported & COMPUTING.keys())}
    return [f"{name} {number}" for name, number in found.items() if number]


@cache
def installed_version(packages: tuple[str, ...]) -> str | None:
    """Return the version of the first of some packages that is installed, or None."""
    for package in packages:
        with suppress(PackageNotFoundError):
            return version(package)
    return None


@cache
def parsed(file: Path) -> tuple[str, list[str]]:
    """Return the digest of a Python file's statements, and the full names of what it imports, both as ``parse`` has
    them; looked up in PARSED if this version of this module has parsed a file of that content before."""
    content = file.read_bytes()
    known = PARSED / f"{hashlib.sha256(_own_code() + content).hexdigest()}.json"
    with suppress(OSError, ValueError):
        form_digest, names = read_json(known)
        return form_digest, names
    form, names = parse(content)
    form_digest = hashlib.sha256(form.encode()).hexdigest()
    if PARSED.parent.is_dir():
        with suppress(OSError):
            write_json([form_digest, names], known)
    return form_digest, names


@cache
def _own_code() -> bytes:
    """Return this module as it is written: another version may parse otherwise."""
    return Path(__file__).read_bytes()


def parse(content: bytes) -> tuple[str, list[str]]:
    """Return the statements of a Python file in one form, without docstrings and comments, and the full names of what
    it imports: modules, and also what may be one or a name in one.

    The form is the same in every version of Python, which the text that ``ast.unparse`` returns is not.
    """
    tree, names = ast.parse(content), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body[0] = ast.Expr(ast.Constant(""))
    return _form(tree), names


def _form(part: Any) -> str:
    """Return a part of a syntax tree as text, without fields that are empty: later versions of Python have more."""
    if isinstance(part, list):
        return f"[{','.join(map(_form, part))}]"
    if not isinstance(part, ast.AST):
        return ascii(part)
    fields = ((name, getattr(part, name, None)) for name in part._fields)
    filled = (f"{name}={_form(value)}" for name, value in fields if value not in (None, []))
    return f"{type(part).__name__}({','.join(filled)})"


@cache
def code_files(script: str) -> list[Path]:
    """Return ``script`` and the files of all modules of this package that it imports, directly or not.

    Imports within functions count as well. The files are sorted by their paths from the package's parent; of a script
    that lies elsewhere, its folder and name count as its path.
    """
    scripts = PACKAGE.parent
    pending, files = [scripts / script], set()
    while pending:
        file = pending.pop()
        if file not in files:
            files.add(file)
            pending.extend(imports_of(file))
    return sorted(
        files, key=lambda file: file.relative_to(scripts) if file.is_relative_to(scripts) else Path(*file.parts[-2:])
    )


@cache
def imports_of(file: Path) -> list[Path]:
    """Return the files of this package that a Python file imports by their full names."""
    paths = []
    for name in parsed(file)[1]:
        head, *tail = name.split(".")
        if head == PACKAGE.name:
            module = PACKAGE.joinpath(*tail)
            paths += [path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file()]
    return paths


@cache
def companions_of(file: Path) -> list[Path]:
    """Return the other files of the name of a module of this package, such as its template."""
    if not file.is_relative_to(PACKAGE):
        return []
    return sorted(path for path in file.parent.glob(f"{file.stem}.*") if path.suffix != ".py")
