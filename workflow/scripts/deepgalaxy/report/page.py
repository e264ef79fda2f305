"""The page that shows the contents of the report: one HTML file that needs nothing else."""

import math
from pathlib import Path

import jinja2
import pandas as pd
import yaml

from deepgalaxy.files import whole_file
from deepgalaxy.report.contents import Contents


def summarise_catalogue(catalogue: pd.DataFrame) -> dict:
    """Return what the report says of a dataset, without its damaged units."""
    sound = catalogue[~catalogue["damaged"]]
    return {
        "mergers": sound.loc[~sound["isolated"], "group"].nunique(),
        "isolated": sound.loc[sound["isolated"], "group"].nunique(),
        "cameras": sound["camera"].nunique(),
        "images": int(sound["snapshots"].sum()),
        "pixels": " × ".join(str(int(sound[side].iloc[0])) for side in ("width", "height")),
        "t_first_myr": f"{sound['t_first_myr'].min():g}",
        "t_last_myr": f"{sound['t_last_myr'].max():g}",
        "mass_inside": say_at_least(sound["share_inside"].min()),
        "damaged": int(catalogue["damaged"].sum()),
    }


def say_at_least(share: float) -> str | None:
    """Return in words what a share is at least, rounded down to a tenth of a per cent; None if it is NaN.

    >>> say_at_least(0.99996), say_at_least(0.985), say_at_least(1.0)
    ('at least 99.9 %', 'at least 98.5 %', 'all')
    """
    if math.isnan(share):
        return None
    tenths = math.floor(1000 * share + 1e-9)
    return "all" if tenths >= 1000 else f"at least {tenths / 10:.1f} %"


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


def write_report(contents: Contents, config: dict, provenance: dict[str, str], output: str | Path) -> None:
    """Write the report: its contents, the configuration, and ``provenance``, values by name.

    A table or a section of figures that is empty is left out of the page.
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
        tables={name: table.to_dict("records") for name, table in contents.tables.items()},
        figures=contents.figures,
        datasets={name: summarise_catalogue(catalogue) for name, catalogue in contents.catalogues.items()},
        sources=config["datasets"],
        runs=contents.runs,
        models=contents.models,
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        provenance=provenance,
    )
    with whole_file(output) as path:
        path.write_text(page, encoding="utf-8")
