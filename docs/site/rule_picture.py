"""The rule graph as a picture, with a band in a colour of its own for each stage.

``python docs/site/rule_picture.py`` (`make docs`) has Snakemake list the rules and writes docs/images/rules.svg.
"""

import re
import subprocess
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/images/rules.svg"
COMMAND = "snakemake -s workflow/Snakefile -d .test --forceall --rulegraph mermaid-js write_report"

Edges = set[tuple[str, str]]
WIDTH, MARGIN, LABEL, BOX, HEIGHT, GAP, ROW, ACROSS = 1000, 12, 92, 140, 22, 8, 52, 6
"""In pixels: of the picture, its margin, the names of stages, and a box; the gap between boxes, the distance of their
rows; and how many boxes go in a row."""
COLOURS = (
    *("#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5", "#d9d9d9", "#bc80bd"),
    *("#ccebc5", "#ffed6f", "#a6cee3", "#fb9a99", "#cab2d6"),
)
"""Light enough for black letters."""


def edges_of(mermaid: str) -> Edges:
    """Return the arrows of a graph in Mermaid, as Snakemake writes it, as pairs of rules."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", mermaid))
    return {(names[one], names[other]) for one, other in re.findall(r"(id\d+) --> (id\d+)", mermaid)}


def without_shortcuts(edges: Edges) -> Edges:
    """Return the arrows that no way over other rules replaces (the transitive reduction of a graph without circles)."""
    users = defaultdict(set)
    for one, other in edges:
        users[one].add(other)
    reached: dict[str, set[str]] = {}
    for rule in TopologicalSorter(users).static_order():  # whose "predecessors" are here the users: they come first
        reached[rule] = users[rule].union(*(reached[user] for user in users[rule]))
    return {(one, other) for one, other in edges if not any(other in reached[user] for user in users[one])}


def stage_of(rule: str) -> str:
    """Return the stage of a rule: the folder of its script, or the file that it is in."""
    for script in (ROOT / "workflow/scripts").glob(f"*/{rule}.py"):
        return script.parent.name
    beginning = re.compile(rf"^(rule|use rule \w+ as) {rule}( with)?:$", re.MULTILINE)
    files = sorted((ROOT / "rules").glob("*.smk"))
    return next(file.stem for file in files if beginning.search(file.read_text(encoding="utf-8")))


def bands(edges: Edges) -> dict[str, list[str]]:
    """Return the rules of each stage; stages and rules in the order in which they run."""
    needs = defaultdict(set)
    for one, other in sorted(edges):
        needs[other].add(one)
    depth: dict[str, int] = {}
    for rule in TopologicalSorter(needs).static_order():
        depth[rule] = 1 + max((depth[need] for need in needs[rule]), default=0)
    stages = defaultdict(list)
    for rule in sorted(depth, key=lambda rule: (depth[rule], rule)):
        stages[stage_of(rule)].append(rule)
    last = {stage: [max(depth[rule] for rule in rules), len(rules), stage] for stage, rules in stages.items()}
    return {stage: stages[stage] for stage in sorted(stages, key=last.__getitem__)}


def draw(edges: Edges) -> str:
    """Return the picture of a rule graph as SVG: the same graph gives the same text."""
    shown, stages = without_shortcuts(edges), bands(edges)
    place, background, top = {}, [], MARGIN
    for colour, (stage, rules) in zip(COLOURS, stages.items(), strict=False):
        rows = [rules[first : first + ACROSS] for first in range(0, len(rules), ACROSS)]
        for number, row in enumerate(rows):
            for column, rule in enumerate(row):
                x = MARGIN + LABEL + column * (BOX + GAP) + (ACROSS - len(row)) * (BOX + GAP) // 2
                place[rule] = (x, top + number * ROW + (ROW - HEIGHT) // 2, colour)
        band = f'<rect x="{MARGIN}" y="{top + 3}" width="{WIDTH - 2 * MARGIN}" height="{len(rows) * ROW - 6}" rx="6"'
        background.append(f'{band} fill="{colour}" fill-opacity="0.3"/>')
        background.append(f'<text x="{MARGIN + 8}" y="{top + ROW // 2 + 4}" font-weight="bold">{stage}</text>')
        top += len(rows) * ROW
    lines = [_arrow(one, other, place) for one, other in sorted(shown)]
    boxes = [
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="4" fill="{colour}" stroke="#555"/>'
        f'<text x="{x + BOX // 2}" y="{y + 15}" text-anchor="middle">{rule}</text>'
        for rule, (x, y, colour) in place.items()
    ]
    size = f'width="{WIDTH}" height="{top + MARGIN}" viewBox="0 0 {WIDTH} {top + MARGIN}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">'
    title = "<title>The rules of each stage, and what they take from each other</title>"
    marker = (
        '<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L6 3L0 6z" fill="#555"/></marker></defs>'
    )
    white = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, title, marker, white, *background, *lines, *boxes, "</svg>\n"])


def _arrow(one: str, other: str, place: dict[str, tuple[int, int, str]]) -> str:
    """Return an arrow between two boxes: sideways within a row, else from edge to edge."""
    (x, y, colour), (to_x, to_y, _) = place[one], place[other]
    if y == to_y and x < to_x:
        start, end = (x + BOX, y + HEIGHT // 2), (to_x, to_y + HEIGHT // 2)
        over = y - 14 if to_x - x > BOX + GAP else start[1]  # the boxes in between
        path = f"M{start[0]} {start[1]}C{start[0] + 10} {over} {end[0] - 10} {over} {end[0]} {end[1]}"
    else:
        down = to_y > y
        start, end = (x + BOX // 2, y + HEIGHT * down), (to_x + BOX // 2, to_y + HEIGHT * (not down))
        pull = (16 if down else -16) + (end[1] - start[1]) // 3
        path = f"M{start[0]} {start[1]}C{start[0]} {start[1] + pull} {end[0]} {end[1] - pull} {end[0]} {end[1]}"
    title = f"<title>{one} → {other}</title>"
    return f'<path d="{path}" fill="none" stroke="{_darker(colour)}" marker-end="url(#tip)">{title}</path>'


def _darker(colour: str) -> str:
    """Return a colour, #rrggbb, at 60 % of its brightness."""
    return "#" + "".join(f"{int(colour[at : at + 2], 16) * 6 // 10:02x}" for at in (1, 3, 5))


if __name__ == "__main__":
    said = subprocess.run(COMMAND.split(), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    PICTURE.write_text(draw(edges_of(said)), encoding="utf-8")
