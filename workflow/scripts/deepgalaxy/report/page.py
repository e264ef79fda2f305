"""The page that shows the contents of the report: one HTML file that needs nothing else."""

import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from deepgalaxy.files import whole_file
from deepgalaxy.report.answer import collect_answers, what_to_trust
from deepgalaxy.report.contents import Contents
from deepgalaxy.report.names import heading, short_names
from deepgalaxy.report.values import main_columns, records_of, say_limits, show_cell, text_columns
from deepgalaxy.templates import templates_beside


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


def name_subjects(tables: Mapping[str, list[dict]]) -> dict[str, dict[str, str]]:
    """Return for each table with a column ``subject`` what to call its subjects."""
    subjects = {
        name: list(dict.fromkeys(row["subject"] for row in rows if "subject" in row)) for name, rows in tables.items()
    }
    return {name: short_names(found) for name, found in subjects.items() if found}


class _InFull(yaml.SafeDumper):
    """YAML in which whatever stands in several places is written out in each."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def dump_settings(config: dict) -> str:
    """Return a configuration as YAML for a reader: short lists and sections on one line, and no references.

    >>> dump_settings({"workers": [1, 2], "machine": {"gpu": ""}})
    "workers: [1, 2]\\nmachine: {gpu: ''}\\n"
    """
    return yaml.dump(config, Dumper=_InFull, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


def write_report(contents: Contents, config: dict, provenance: dict[str, str], output: str | Path) -> None:
    """Write the report: its contents, the configuration, and ``provenance``, values by name.

    A table or a section of figures that is empty is left out of the page.
    """
    environment = templates_beside(__file__)
    environment.filters |= {
        "heading": heading,
        "main_columns": main_columns,
        "say_limits": say_limits,
        "show_cell": show_cell,
        "text_columns": text_columns,
    }
    tables = {name: records_of(table) for name, table in contents.tables.items()}
    answers = collect_answers(tables["metrics"], tables["skill"])
    subject = tables["errors"][0]["subject"]
    of_first = {
        name: [row for row in tables[name] if row["subject"] == subject]
        for name in ("errors", "intervals", "robustness")
    }
    page = environment.get_template("page.html.jinja").render(
        tables=tables,
        answers=answers,
        trust=what_to_trust(answers[0], **of_first),
        short=name_subjects(tables),
        figures=contents.figures,
        datasets={name: summarise_catalogue(catalogue) for name, catalogue in contents.catalogues.items()},
        sources=config["datasets"],
        runs=contents.runs,
        models=contents.models,
        config=dump_settings(config),
        provenance=provenance,
    )
    with whole_file(output) as path:
        path.write_text(page, encoding="utf-8")
