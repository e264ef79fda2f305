"""The report: one HTML file that needs nothing else."""

import base64
import json
import subprocess
from pathlib import Path

import jinja2
import pandas as pd
import yaml

from deepgalaxy.files import whole_file

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


def embed_figure(path: str | Path) -> str:
    """Return a figure as a data URL."""
    path = Path(path)
    return f"data:{MEDIA_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def commit_of(directory: str | Path) -> str:
    """Return the git commit of a directory, marked if files were changed since; or say that there is none."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not under version control"


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


def write_report(
    metrics: pd.DataFrame,
    throughput: pd.DataFrame,
    scaling: pd.DataFrame,
    catalogues: dict[str, pd.DataFrame],
    figures: dict[str, list[tuple[str, str | Path]]],
    runs: list[str | Path],
    config: dict,
    provenance: dict[str, str],
    output: str | Path,
) -> None:
    """Write the report.

    ``figures`` gives for each section (``datasets``, ``training``, ``predictions``,
    ``scaling``) pairs of alternative text and path;
    ``catalogues`` the catalogue of each dataset; ``runs`` the paths of ``training.json``; ``provenance`` pairs of what
    and which.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embed"] = embed_figure
    page = environment.get_template("report.html.jinja").render(
        metrics=metrics.to_dict("records"),
        throughput=throughput.to_dict("records"),
        scaling=scaling.to_dict("records"),
        datasets={name: summarise_catalogue(catalogue) for name, catalogue in catalogues.items()},
        sources=config["datasets"],
        figures=figures,
        runs=[json.loads(Path(run).read_text()) for run in runs],
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        provenance=provenance,
    )
    with whole_file(output) as path:
        path.write_text(page, encoding="utf-8")
