"""What a rule's result depends on in this package, as one short text.

Snakemake sees edits of a rule's script, not of the modules that the script imports. A rule therefore carries the
digest of these modules as a parameter: an edit reruns the rules whose code it touches, while comments, docstrings,
layout and file times do not matter.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@cache
def code_digest(script: str) -> str:
    """Return a digest of ``script`` and all of this package that it imports.

    ``script`` is a path relative to the package's parent, or the absolute path of a copy that lies elsewhere.

    Python files count by their statements without docstrings, other files of a module's name (such as its template) by
    their bytes, and where the files lie does not count. Raises FileNotFoundError if
    there is no such script.
    """
    digest = hashlib.sha256()
    for file in code_files(script):
        digest.update(statements_of(file).encode())
        if file.is_relative_to(PACKAGE):
            for companion in sorted(file.parent.glob(f"{file.stem}.*")):
                if companion.suffix != ".py":
                    digest.update(companion.read_bytes())
    return digest.hexdigest()[:16]


@cache
def statements_of(file: Path) -> str:
    """Return the statements of a Python file in one layout, without docstrings and comments."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant(""))
    return ast.unparse(tree)


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
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    paths = []
    for name in names:
        head, *tail = name.split(".")
        if head == PACKAGE.name:
            module = PACKAGE.joinpath(*tail)
            paths += [path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file()]
    return paths
