"""What a rule's result depends on in this package, as one short text.

Snakemake sees edits of a rule's script, not of the modules that the script imports. A rule therefore carries the
digest of these modules as a parameter: an edit reruns the rules whose code it touches, while comments, layout and file
times do not matter.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@cache
def code_digest(script: str) -> str:
    """Return a digest of ``script``, a path relative to the package's parent, and all of this package that it imports.

    Python files count by their statements, other files of a module's name (such as its template) by their bytes. Raises
    FileNotFoundError if there is no such script.
    """
    digest = hashlib.sha256()
    for file in code_files(script):
        digest.update(ast.unparse(ast.parse(file.read_text())).encode())
        for companion in sorted(file.parent.glob(f"{file.stem}.*")):
            if companion.suffix != ".py":
                digest.update(companion.read_bytes())
    return digest.hexdigest()[:16]


def code_files(script: str) -> list[Path]:
    """Return ``script`` and the files of all modules of this package that it imports, directly or not, sorted.

    Imports within functions count as well.
    """
    pending, files = [PACKAGE.parent / script], set()
    while pending:
        file = pending.pop()
        if file not in files:
            files.add(file)
            pending.extend(_imported_files(file))
    return sorted(files)


def _imported_files(file: Path) -> list[Path]:
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
