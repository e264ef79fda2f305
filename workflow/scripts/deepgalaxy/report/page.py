"""The report: one HTML file that needs nothing else."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pandas as pd
import yaml

from deepgalaxy.files import whole_file

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}

SECTIONS = {
    "datasets": {
        "contact_sheets": "One merger of {}: times across, cameras down.",
        "samples": "What {} holds: cameras and times of each group, by split.",
        "morphology": "Classical statistics of the images of {} over time: median and 68 % of the images.",
    },
    "training": {"training": "Loss and accuracy of {} over the epochs, in training and in validation."},
    "results": {
        "predictions": "{}: confusion matrix; expected against true time; reliability of the probabilities.",
        "error_figures": "Errors of {} by phase of the merger, simulation, camera, size ratio and mass ratio.",
        "examples": "Test images that {} dates best and worst, and those of which it is most certain and wrong. Below"
        " each: which pixels speak for (orange) and against (purple) the class that it names, by integrated gradients.",
    },
    "observed": {
        "observed_figures": "Observed images as {} sees them, with its distributions over time and neighbours."
    },
    "scaling": {"scaling_figures": "{}: throughput, efficiency and parts of the training time by number of workers."},
}
"""The figures of each section by their names, and what they show of their subject."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report: its file, SVG or PNG, and what it shows, for those who do not see it as well."""

    path: str | Path
    text: str

    @property
    def address(self) -> str:
        """The file as a data URL."""
        path = Path(self.path)
        return f"data:{MEDIA_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def collect_figures(
    files: Mapping[str, Sequence[str]], subjects: Mapping[str, Sequence[str]]
) -> dict[str, list[Figure]]:
    """Return the figures of each section. ``files`` has the paths of those of each name in SECTIONS, and ``subjects``
    what each shows: a dataset, a sample, a run or a study."""
    return {
        section: [
            Figure(path, text.format(subject))
            for name, text in kinds.items()
            for subject, path in zip(subjects[name], files[name], strict=True)
        ]
        for section, kinds in SECTIONS.items()
    }


def join_tables(paths: Sequence[str], subjects: Sequence[str]) -> pd.DataFrame:
    """Return tables of the same columns as one, with a last column ``subject`` that tells them apart."""
    tables = [pd.read_csv(path).assign(subject=subject) for path, subject in zip(paths, subjects, strict=True)]
    return pd.concat(tables) if tables else pd.DataFrame()


def summarise_catalogue(catalogue: pd.DataFrame) -> dict:
    """Return what the report says of a dataset, damaged units aside."""
    sound = catalogue[~catalogue["damaged"]]
    return {
        "simulations": sound["group"].nunique(),
        "cameras": sound["camera"].nunique(),
        "images": int(sound["snapshots"].sum()),
        "pixels": " × ".join(str(int(sound[side].iloc[0])) for side in ("width", "height")),
        "t_first_myr": f"{sound['t_first_myr'].min():g}",
        "t_last_myr": f"{sound['t_last_myr'].max():g}",
        "damaged": int(catalogue["damaged"].sum()),
    }


def show_value(value: object) -> str:
    """Return a value of a table as a reader wants it: three digits, or all before the point, and a dash for none."""
    if pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def show_cell(row: dict, column: str) -> str:
    """Return what a reader sees of a column in a row of a table: its value, with its limits or its standard deviation
    if other columns have them (``accuracy``: ``accuracy_low`` and ``accuracy_high``, or ``accuracy_sd``)."""
    shown = show_value(row[column])
    low, high, deviation = (row.get(_beside(column, part)) for part in ("low", "high", "sd"))
    if pd.notna(low):
        return f"{shown} ({show_value(low)}–{show_value(high)})"
    return f"{shown} ± {show_value(deviation)}" if pd.notna(deviation) else shown


def main_columns(row: dict) -> list[str]:
    """Return the columns of a table, of which a row is given, that are not limits or deviations of others."""
    beside = {_beside(column, part) for column in row for part in ("low", "high", "sd")}
    return [column for column in row if column not in beside]


def _beside(column: str, part: str) -> str:
    """Return the name of the column with the limits or the deviation of another; a unit comes last."""
    if part == "sd":
        return f"{column}_sd"
    stem = column.removesuffix("_myr")
    return f"{stem}_{part}{column[len(stem) :]}"


def write_report(
    tables: dict[str, pd.DataFrame],
    figures: dict[str, list[Figure]],
    catalogues: dict[str, pd.DataFrame],
    runs: list[str | Path],
    models: list[str | Path],
    config: dict,
    provenance: dict[str, str],
    output: str | Path,
) -> None:
    """Write the report.

    ``tables`` gives the tables that it shows, by the names by which the template knows them; ``figures`` those of each
    of its sections; ``catalogues`` the catalogue of each dataset; ``runs`` the paths of ``training.json``, and
    ``models`` those of the parameters of scaling models; ``provenance`` pairs of what and which. A table or a section
    that is not there is left out of the page.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"show_cell": show_cell, "main_columns": main_columns}
    page = environment.get_template("page.html.jinja").render(
        tables={name: table.to_dict("records") for name, table in tables.items()},
        figures=figures,
        datasets={name: summarise_catalogue(catalogue) for name, catalogue in catalogues.items()},
        sources=config["datasets"],
        runs=[json.loads(Path(run).read_text()) for run in runs],
        models=[json.loads(Path(model).read_text()) for model in models],
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        provenance=provenance,
    )
    with whole_file(output) as path:
        path.write_text(page, encoding="utf-8")
