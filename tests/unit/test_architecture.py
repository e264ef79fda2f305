"""The rooms of the package: who may import whom is read from docs/architecture.md, and held against every import."""

import ast
import re
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

PACKAGE = Path(__file__).parents[2] / "workflow" / "scripts" / "deepgalaxy"
RULES = PACKAGE.parents[2] / "docs" / "architecture.md"
DOORS = {"train", "__main__"}
LONGEST_FUNCTION, LONGEST_MODULE = 60, 300
SLOW = ("astropy", "cv2", "matplotlib", "pandas", "scipy", "skimage", "sklearn", "tensorflow")
"""Libraries whose import takes long."""
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(module):
    return str(module.relative_to(PACKAGE))


def allowed_imports(heading):
    """The table under a heading of the document: the names in its first column, each with those in its last one."""
    _, _, text = RULES.read_text().partition(f"\n## {heading}\n")
    rows = re.findall(r"^\| `([\w/]+)` \|.*\|([^|]*)\|$", text.partition("\n## ")[0], re.MULTILINE)
    return {name: set(re.findall(r"`([\w/]+)`", imports)) for name, imports in rows}


GROUND_FLOOR = allowed_imports("The ground floor")
ROOMS = allowed_imports("The rooms")


def place_of(module):
    """The room of a module, given by the parts of its path in the package, or its own name if it is in no room."""
    *folders, name = module
    rooms = ["/".join(folders[:depth]) for depth in range(len(folders), 0, -1)]
    return next((room for room in rooms if room in ROOMS), folders[0] if folders else name)


@cache
def parse(module):
    return ast.parse(module.read_text())


def imported_modules(module):
    """The modules of the package that a file imports, within functions too, as parts of their paths."""
    for node in ast.walk(parse(module)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(module)}:{node.lineno}: code digests do not see relative imports"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, *parts = name.split(".")
            if package == PACKAGE.name:
                yield from existing(parts)


def existing(parts):
    """Those parts of a dotted name that are modules: not what is imported from them."""
    while parts and not PACKAGE.joinpath(*parts).is_dir() and not PACKAGE.joinpath(*parts).with_suffix(".py").is_file():
        parts = parts[:-1]
    if parts:
        yield [*parts, "__init__"] if PACKAGE.joinpath(*parts).is_dir() else parts


def forbidden_imports(module):
    here = place_of(module.relative_to(PACKAGE).with_suffix("").parts)
    allowed = {here} | GROUND_FLOOR.get(
        here, set(GROUND_FLOOR) | (set(ROOMS) if here in DOORS else ROOMS.get(here, set()))
    )
    return {there for there in map(place_of, imported_modules(module)) if there not in allowed}


def test_every_module_has_a_place_in_the_document():
    there = {place_of(module.relative_to(PACKAGE).with_suffix("").parts) for module in MODULES} - {"__init__"}
    assert there == set(GROUND_FLOOR) | set(ROOMS) | DOORS


def test_no_circle_is_allowed():
    assert set().union(*ROOMS.values()) <= set(ROOMS)
    TopologicalSorter(ROOMS).prepare()
    assert set().union(*GROUND_FLOOR.values()) <= set(GROUND_FLOOR)
    TopologicalSorter(GROUND_FLOOR).prepare()


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_imports_what_its_room_may(module):
    assert not forbidden_imports(module), f"{name_of(module)} imports these against docs/architecture.md"


@pytest.mark.parametrize(
    "source",
    [
        "from deepgalaxy.training import options",
        "import deepgalaxy.training.options",
        "from deepgalaxy import training",
    ],
)
def test_all_forms_of_imports_are_seen_within_functions_too(source, tmp_path):
    (tmp_path / "module.py").write_text(f"def function():\n    {source}\n")
    assert [place_of(parts) for parts in imported_modules(tmp_path / "module.py")] == ["training"]


def test_what_all_rules_import_takes_no_slow_library(root, run):
    """Snakemake reads the rules at each start, also in each job on a cluster."""
    texts = [path.read_text() for path in (root / "rules").glob("*.smk")]
    modules = {module for text in texts for module in re.findall(r"from (deepgalaxy\S*) import", text)}
    assert "deepgalaxy.planning.mistakes" in modules
    tiny = yaml.safe_load((root / ".test/config/config.yaml").read_text())["datasets"]["tiny"]
    code = (
        f"import sys, {', '.join(sorted(modules))}\n"
        f"deepgalaxy.planning.simulations.index_simulations({tiny}, 1)\n"
        f"print(sorted(set({SLOW}) & sys.modules.keys()))"
    )
    assert run(sys.executable, "-c", code).stdout == "[]\n"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_functions_and_modules_are_short(module):
    lines = len(module.read_text().splitlines())
    assert lines <= LONGEST_MODULE, f"{name_of(module)} has {lines} lines"
    functions = [node for node in ast.walk(parse(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION}


def texts_of_unsaid_encoding(module):
    """The lines that read or write text in the encoding of the locale."""
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.Call) and {"encoding", "fileobj"}.isdisjoint(word.arg for word in node.keywords):
            function, arguments = node.func, node.args
            if isinstance(function, ast.Name):
                name, mode = function.id, arguments[1:2]
            else:
                name, mode = getattr(function, "attr", ""), arguments[:1]
            text = all(isinstance(word, ast.Constant) and "b" not in str(word.value) for word in mode)
            if name in ("read_text", "write_text") or (name == "open" and text):
                yield node.lineno


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_text_is_read_and_written_in_a_stated_encoding(module):
    assert not list(texts_of_unsaid_encoding(module)), f'{name_of(module)}: say encoding="utf-8"'


def test_a_file_that_is_opened_without_an_encoding_is_seen(tmp_path):
    (tmp_path / "module.py").write_text(
        'open(path)\npath.open(newline="")\npath.read_text()\nopen(path, "w")\npath.write_text(text)\n'
        'open(path, "rb")\nfits.open(path)\npath.open("w", encoding="utf-8")\n'
    )
    assert list(texts_of_unsaid_encoding(tmp_path / "module.py")) == [1, 2, 3, 4, 5]
