"""Which figures there are: what each shows, in which files, and where in the report it appears, with which words."""

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

SECTIONS = ("skill", "datasets", "training", "results", "encoder", "observed", "scaling")
"""The sections of the report that show figures."""


@dataclass(frozen=True)
class FigureKind:
    """A figure that is drawn of everything of one kind.

    ``pattern`` is the path of its files under the directory of figures, with the name of what each shows in place of
    {subject}; ``of`` is one of SUBJECTS, ``section`` one of SECTIONS; ``text`` says what a figure shows of {}, in its
    caption and to those who do not see it; ``compares`` says whether it depends on which runs the experiment has.
    """

    pattern: str
    of: str
    section: str
    text: str
    compares: bool = False

    def path(self, name: str) -> str:
        """Return the path of the figure of what has this name, under the directory of figures."""
        return self.pattern.format(subject=name)


FIGURES = {
    "skill": FigureKind(
        "skill/{subject}.svg",
        "scored_sample",
        "skill",
        "Networks (blue), in the order of their loss on the validation images, and baselines on {}: median error of the"
        " time and accuracy on the test images, with 95 % intervals; in orange the baseline that is strongest on the"
        " validation images, in green the median error of an answer that is right about the class and knows no more.",
        compares=True,
    ),
    "mergers": FigureKind(
        "mergers/{subject}.png",
        "dataset",
        "datasets",
        "Mergers of {}, each from another side: times across, mergers down. Each picture is the snapshot nearest in"
        " time; the title says how far off they are at most, from half a Myr on.",
    ),
    "contact_sheet": FigureKind(
        "contact_sheet/{subject}.png",
        "dataset",
        "datasets",
        "One merger of {}: times since the start of its simulation across, cameras down.",
    ),
    "sample": FigureKind(
        "sample/{subject}.svg",
        "sample",
        "datasets",
        "What {} holds: cameras of each group, and images at each time, by split. Only images that have a class are"
        " counted: with stages, those of a merger between the last stage and its coalescence are left out, so that the"
        " counts fall and rise again. Isolated galaxies are counted with the mergers, over the time that they were"
        " simulated for, which may be much shorter.",
    ),
    "morphology": FigureKind(
        "morphology/{subject}.svg",
        "sample",
        "datasets",
        "Classical statistics of the images of mergers in {} over time: median and 68 % of the images. Only images that"
        " have a class are measured: with stages, those of a merger between the last stage and its coalescence are left"
        " out, so that medians jump where mergers drop out or come back.",
    ),
    "sweep": FigureKind(
        "sweep/{subject}.svg",
        "sweep",
        "training",
        "Combinations of options that were tried of {}, by the loss on the validation images: mean and standard"
        " deviation over repeats; in orange the one that is chosen, by this alone.",
    ),
    "training": FigureKind(
        "training/{subject}.svg",
        "run",
        "training",
        "Loss and accuracy of {} over the epochs, in training and in validation.",
    ),
    "predictions": FigureKind(
        "predictions/{subject}.svg",
        "scored_run",
        "results",
        "{}: confusion matrix; expected against true time; reliability of the probabilities.",
    ),
    "pit": FigureKind(
        "pit/{subject}.svg",
        "scored_run",
        "results",
        "Histogram of the probability integral transform of {}: at which level of the predicted distribution over time"
        " the true times lie. It is flat if the probabilities are calibrated.",
    ),
    "intervals": FigureKind(
        "intervals/{subject}.svg",
        "scored_run",
        "results",
        "How many intervals of {} hold the true time, by phase and by simulation, the worst first: as the network gives"
        " them (open) and calibrated on other simulations (filled), for 68 and 90 % (dashed).",
    ),
    "errors": FigureKind(
        "errors/{subject}.svg",
        "scored_run",
        "results",
        "Errors of {} by class, phase of the merger, simulation, camera, size ratio and mass ratio.",
    ),
    "properties": FigureKind(
        "properties/{subject}.svg",
        "property_run",
        "results",
        "Properties that {} predicts of the test images, against the true ones; in blue the median and 68 % of the"
        " images. Of the line of sight: the share of images whose axis is right to within an angle.",
    ),
    "examples": FigureKind(
        "examples/{subject}.png",
        "run",
        "results",
        "Test images that {} dates best and worst, and those about which it is most certain and wrong. Below each:"
        " which pixels speak for (orange) and against (purple) the class that it names, by integrated gradients.",
    ),
    "embedding": FigureKind(
        "embedding/{subject}.png",
        "run",
        "results",
        "Training images by the features that {} has of them, coloured by time, with lone galaxies and observed images,"
        " if there are any, among them (t-SNE). What lies together looks alike to the network; distances mean nothing.",
    ),
    "robustness": FigureKind(
        "robustness/{subject}.svg",
        "robust_run",
        "results",
        "Median error of {} on test images that are turned, scaled, moved, blurred, or have noise, another galaxy or a"
        " star in the field. The dashed line is that of the upright images; bands are 95 % intervals of the ratio to"
        " it.",
    ),
    "reconstructions": FigureKind(
        "reconstructions/{subject}.png",
        "encoder",
        "encoder",
        "Test images, what the autoencoder of {} makes of them, and what comes back through its vector, from the worst"
        " to the best of the autoencoder, each above its mean absolute difference from the image.",
    ),
    "latent": FigureKind(
        "latent/{subject}.png",
        "encoder",
        "encoder",
        "Test images by their vectors of {} in a plane (t-SNE), coloured by time, by simulation and by line of sight."
        " Where images of one line of sight lie together, that orders the map, and the time only within it.",
    ),
    "retrieval": FigureKind(
        "retrieval/{subject}.svg",
        "encoder",
        "encoder",
        "How far apart in time test images and the nearest training images are, by the vector of {} and in other"
        " spaces: by rank, among other mergers, and among other mergers along other lines of sight; and the share of"
        " the latter within 15 Myr by phase, with 95 % intervals over simulations.",
    ),
    "queries": FigureKind(
        "queries/{subject}.png",
        "encoder",
        "encoder",
        "Test images (left) with the training images nearest to them by the vector of {}, no two of one simulation.",
    ),
    "walk": FigureKind(
        "walk/{subject}.png",
        "encoder",
        "encoder",
        "Decoded by {} from points on the line between the vectors of two images of one merger, beside what was"
        " simulated at these times, what is decoded from the vectors of that, and a blend of the two images pixel by"
        " pixel.",
    ),
    "similar": FigureKind(
        "similar/{subject}.png",
        "searching_encoder",
        "encoder",
        "Observed images (left) with the training images that are most like them by the vector of {}, no two of one"
        " simulation, however the image is turned.",
    ),
    "observed": FigureKind(
        "observed/{subject}.png",
        "observing_run",
        "observed",
        "Observed images as {} sees them, with its distributions over time and neighbours.",
    ),
    "observed_reference": FigureKind(
        "observed_reference/{subject}.svg",
        "compared_run",
        "observed",
        "Times of observed mergers by {}, with their 68 % intervals, against published ones.",
    ),
    "scaling": FigureKind(
        "scaling/{subject}.svg",
        "scaling_study",
        "scaling",
        "{}: throughput, efficiency and parts of the training time by number of workers.",
    ),
}
"""Each figure by the name of its rule, without ``plot_``, in the order of the report."""


def plan_figures(subjects: Mapping[str, Sequence[str]]) -> Iterator[tuple[FigureKind, str]]:
    """Yield every figure that there is of some ``subjects``: its kind, and the name of what it shows.

    ``subjects`` has the names of what there is of each of SUBJECTS. The order is that of the table. Raises KeyError if
    one of SUBJECTS that has figures is missing.
    """
    for kind in FIGURES.values():
        for name in subjects[kind.of]:
            yield kind, name


def figure_files(directory: str, subjects: Mapping[str, Sequence[str]], comparing: str = "") -> list[str]:
    """Return the paths of the figures that ``plan_figures`` yields, in a directory of figures; those that compare runs
    are in the directory ``comparing``, if that is given."""
    return [
        f"{comparing if kind.compares and comparing else directory}/{kind.path(name)}"
        for kind, name in plan_figures(subjects)
    ]
