"""Which figures there are: what each shows, in which files, and where in the report it appears."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SUBJECTS = (
    *("dataset", "sample", "scored_sample", "run", "scored_run", "property_run", "robust_run", "observing_run"),
    *("compared_run", "scaling_study", "sweep", "encoder", "searching_encoder"),
)
"""What a figure may show. A scored sample is a sample, a fold of one, or all folds of one together; a scored run is a
run, or the runs of all folds together; a property run is one whose network predicts properties, a robust run one whose
sample has frames to disturb; an observing run is one that dated observed images, a compared run one that dated some
whose times are published; a scaling study and a sweep are of one model on one sample; an encoder is one
training of an encoder-decoder, a searching one one that searched for images like observed ones."""

SECTIONS = (
    "start",
    "data",
    "sees",
    "errors",
    "robustness",
    "intervals",
    "properties",
    "similar",
    "observed",
    "scaling",
)
"""The sections of the report that show figures, in its order."""


@dataclass(frozen=True)
class FigureKind:
    """A figure that is drawn of everything of one kind.

    ``pattern`` is the path of its files under the directory of figures, with the name of what each shows in place of
    {subject}; ``of`` is one of SUBJECTS, ``section`` one of SECTIONS. A figure with a ``fold``, the words on it, is
    folded away; one that is ``live`` has a script, and is part of the page; one that ``compares`` depends on which runs
    the experiment has.
    """

    pattern: str
    of: str
    section: str
    fold: str = ""
    live: bool = False
    compares: bool = False

    def path(self, name: str) -> str:
        """Return the path of the figure of what has this name, under the directory of figures."""
        return self.pattern.format(subject=name)


FIGURES = {
    "timeline": FigureKind("timeline/{subject}.png", "scored_run", "start"),
    "movie": FigureKind("movie/{subject}.webp", "scored_run", "start", fold="The same as a movie"),
    "skill": FigureKind("skill/{subject}.svg", "scored_sample", "start", compares=True),
    "mergers": FigureKind("mergers/{subject}.png", "dataset", "data"),
    "parameters": FigureKind("parameters/{subject}.svg", "sample", "data"),
    "sample": FigureKind("sample/{subject}.svg", "sample", "data", fold="Which images are in which split"),
    "morphology": FigureKind("morphology/{subject}.svg", "sample", "data", fold="Statistics of morphology over time"),
    "contact_sheet": FigureKind("contact_sheet/{subject}.png", "dataset", "data", fold="One merger by all cameras"),
    "examples": FigureKind("examples/{subject}.png", "run", "sees"),
    "embedding": FigureKind("embedding/{subject}.png", "run", "sees"),
    "sweep": FigureKind("sweep/{subject}.svg", "sweep", "sees"),
    "training": FigureKind("training/{subject}.svg", "run", "sees", fold="The course of the training"),
    "dates": FigureKind("dates/{subject}.svg", "scored_run", "errors", live=True),
    "errors": FigureKind("errors/{subject}.svg", "scored_run", "errors"),
    "predictions": FigureKind("predictions/{subject}.svg", "scored_run", "errors"),
    "robustness": FigureKind("robustness/{subject}.svg", "robust_run", "robustness"),
    "pit": FigureKind("pit/{subject}.svg", "scored_run", "intervals"),
    "intervals": FigureKind("intervals/{subject}.svg", "scored_run", "intervals"),
    "properties": FigureKind("properties/{subject}.svg", "property_run", "properties"),
    "similar": FigureKind("similar/{subject}.png", "searching_encoder", "similar"),
    "queries": FigureKind("queries/{subject}.png", "encoder", "similar"),
    "retrieval": FigureKind("retrieval/{subject}.svg", "encoder", "similar"),
    "reconstructions": FigureKind("reconstructions/{subject}.png", "encoder", "similar"),
    "latent": FigureKind("latent/{subject}.png", "encoder", "similar"),
    "walk": FigureKind("walk/{subject}.png", "encoder", "similar"),
    "observed": FigureKind("observed/{subject}.png", "observing_run", "observed"),
    "observed_reference": FigureKind("observed_reference/{subject}.svg", "compared_run", "observed"),
    "scaling": FigureKind("scaling/{subject}.svg", "scaling_study", "scaling"),
}
"""Each figure by the name of its rule, without ``plot_``, in the order of the report."""


def plan_figures(subjects: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield every figure that there is of some ``subjects``: its name in FIGURES, and that of what it shows.

    ``subjects`` has the names of what there is of each of SUBJECTS. The order is that of the table. Raises KeyError if
    one of SUBJECTS that has figures is missing.
    """
    for name, kind in FIGURES.items():
        for subject in subjects[kind.of]:
            yield name, subject


def figure_files(directory: str, subjects: Mapping[str, Sequence[str]], comparing: str = "") -> list[str]:
    """Return the paths of the figures that ``plan_figures`` yields, in a directory of figures; those that compare runs
    are in the directory ``comparing``, if that is given."""
    return [
        f"{comparing if FIGURES[name].compares and comparing else directory}/{FIGURES[name].path(subject)}"
        for name, subject in plan_figures(subjects)
    ]
