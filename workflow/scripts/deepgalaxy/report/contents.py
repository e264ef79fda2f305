"""What the report shows, read from the results."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepgalaxy.figures.table import FIGURES, SECTIONS, plan_figures
from deepgalaxy.figures.words import WORDS
from deepgalaxy.files import read_json
from deepgalaxy.provenance.commit import commit_of
from deepgalaxy.provenance.trace import digest_files
from deepgalaxy.report.names import short_names

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}

TABLES = ("metrics", "skill", "summary", "scaling", "throughput", "claims")
"""Tables that are one file each."""

JOINED_TABLES = {
    "baselines": "scored_sample",
    "comparison": "other_experiment",
    "differing_settings": "other_experiment",
    "encoder_latent": "encoder",
    "encoder_reconstruction": "encoder",
    "errors": "scored_run",
    "intervals": "scored_run",
    "isolated": "isolated_run",
    "novelty": "run",
    "observed": "observing_run",
    "observed_agreement": "compared_run",
    "properties": "property_run",
    "robustness": "robust_run",
    "scaling_model": "modelled_study",
    "similar": "searching_encoder",
    "sweeps": "sweep",
}
"""Tables with one file for each subject of a kind."""

NUMBERED = re.compile(r"(fold|repeat)~\d+")
"""A fold or a repeat in the name of a subject."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    ``path`` is its file and ``place`` where this lies in the directory of figures; ``text`` says how to read it, and
    ``alt`` what is seen in it. If there is a ``fold``, the figure is behind these words; a ``live`` one is a drawing
    with a script.
    """

    path: str | Path
    place: str
    text: str
    alt: str
    fold: str = ""
    live: bool = False

    @property
    def address(self) -> str:
        """The file as a data URL."""
        return f"data:{self.media_type};base64,{base64.b64encode(Path(self.path).read_bytes()).decode()}"

    @property
    def media_type(self) -> str:
        """What kind of file it is."""
        return MEDIA_TYPES[Path(self.path).suffix]

    @property
    def drawing(self) -> str:
        """The text of the file, an SVG."""
        return Path(self.path).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Contents:
    """What the report shows.

    ``tables`` are by the names that the page has for them, ``figures`` by section, ``catalogues`` by dataset;
    ``runs`` is what ``training.json`` says of each run, by name, and ``models`` are the parameters of the models of
    scaling.
    """

    tables: dict[str, pd.DataFrame]
    figures: dict[str, list[Figure]]
    catalogues: dict[str, pd.DataFrame]
    runs: dict[str, dict]
    models: list[dict]


def read_contents(
    files: Mapping[str, str | Sequence[str]],
    subjects: Mapping[str, Sequence[str]],
    shown: Mapping[str, Sequence[str]],
) -> Contents:
    """Return the contents of the report.

    ``subjects`` has the names of what there is, by kind, and ``shown`` of what is shown. ``files`` has the path of each
    of TABLES; for each of JOINED_TABLES, the paths of those of all subjects that are shown; the paths of their
    ``figures``, in the order of ``plan_figures``; and those of the ``catalogues`` of all datasets, of all ``runs``, and
    of the ``scaling_parameters``. Raises ValueError if two lists that belong together differ in length.
    """
    tables = {name: pd.read_csv(files[name]) for name in TABLES}
    joined = {name: join_tables(files[name], shown[kind]) for name, kind in JOINED_TABLES.items()}
    return Contents(
        tables=tables | joined,
        figures=collect_figures(files["figures"], subjects, shown),
        catalogues={
            name: pd.read_csv(path) for name, path in zip(subjects["dataset"], files["catalogues"], strict=True)
        },
        runs={name: read_json(path) for name, path in zip(subjects["run"], files["runs"], strict=True)},
        models=list(map(read_json, files["scaling_parameters"])),
    )


def collect_figures(
    paths: Sequence[str | Path], subjects: Mapping[str, Sequence[str]], shown: Mapping[str, Sequence[str]]
) -> dict[str, list[Figure]]:
    """Return the figures of each section; ``paths`` are the files of what ``plan_figures`` yields of those shown.

    Of the figures of one kind, the first is shown and the others are folded away. The text of a figure says so if there
    are others of ``subjects`` that differ from its own only in fold or repeat.
    """
    figures: dict[str, list[Figure]] = {section: [] for section in SECTIONS}
    short = {kind: short_names(names) for kind, names in shown.items()}
    for (name, subject), path in zip(plan_figures(shown), paths, strict=True):
        kind, words = FIGURES[name], WORDS[name]
        called = short[kind.of][subject]
        text = words.text.format(called)
        alike = sum(NUMBERED.sub("", other) == NUMBERED.sub("", subject) for other in subjects[kind.of])
        if alike > 1:
            text += (
                f" This is the first of {alike}, one for each fold and repeat; all are in figures/ among the results."
            )
        first = subject == shown[kind.of][0]
        fold = kind.fold if first else f"{kind.fold or 'The same'}: {called}"
        figures[kind.section].append(Figure(path, kind.path(subject), text, words.alt, fold, kind.live))
    return figures


def join_tables(paths: Sequence[str], subjects: Sequence[str]) -> pd.DataFrame:
    """Return tables of the same columns as one, with a last column ``subject`` that tells them apart."""
    tables = [pd.read_csv(path).assign(subject=subject) for path, subject in zip(paths, subjects, strict=True)]
    return pd.concat(tables) if tables else pd.DataFrame()


def name_origin(
    source: str | Path, command: str, datasets: Mapping[str, str], checksums: str | Path, processes: int
) -> dict[str, str]:
    """Return what the report says of its own origin: the commit of ``source``, a directory of the workflow, the command
    line, and the SHA-256 of the file of each of ``datasets``, as ``digest_files`` finds it."""
    digests = digest_files(datasets.values(), checksums, processes)
    return {
        "Commit": commit_of(source),
        "Command": command,
        **{f"SHA-256 of {name}": digests[path] for name, path in datasets.items()},
    }
