"""What is said of each figure: how to read it, and what is to be seen in it for those who cannot."""

import re
from dataclasses import dataclass

from deepgalaxy.dataset.layout import GROUP_NAME, is_isolated, parse_group_name

COMPONENTS = re.compile(r"pca_(?P<number>\d+)")
"""The space of so many principal components of the pixels."""

PROPERTIES = {
    "t_peri_myr": "time since first pericentre (Myr)",
    "log2_mass_ratio": "|log2| of the mass ratio",
    "log2_size_ratio": "|log2| of the size ratio",
    "separation_kpc": "separation of the nuclei (kpc)",
    "line_of_sight": "line of sight",
    "merged": "merged",
    "lone": "lone galaxy",
}
"""What figures and the report call each property."""

PERTURBATIONS = {
    "turn": ("turned", "angle (degrees)"),
    "scale": ("seen larger or smaller", "apparent size (times)"),
    "scale told": ("larger or smaller, as the file tells", "apparent size (times)"),
    "shift": ("moved", "distance (of the width)"),
    "blur": ("blurred", "standard deviation of the blur (kpc)"),
    "noise": ("noise in the light", "standard deviation (of the faintest light shown)"),
    "gain": ("brighter or fainter", "light (times)"),
    "galaxy": ("another galaxy in the field", "distance from the centre (of the width)"),
    "star": ("a star in the field", "its peak (of the brightest light shown)"),
}
"""What figures and the report call each way to disturb an image, and its amount."""


def name_group(group: str) -> str:
    """Return what a group of a dataset is called on one line: the ratios of a merger, or the number of a lone galaxy.

    >>> name_group("s_0.6_m_0.33"), name_group("isolated_01")
    ('mass 0.33, size 0.6', 'lone galaxy 01')
    """
    if is_isolated(group):
        return group.replace("isolated_", "lone galaxy ")
    size_ratio, mass_ratio = parse_group_name(group)
    return f"mass {mass_ratio:g}, size {size_ratio:g}"


def in_words(name: str) -> str:
    """Return what a property, a group of a dataset, or a space in which images are compared is called; any other name
    as it is.

    >>> in_words("pca_16"), in_words("features of a_cnn")
    ('16 principal components', 'features of a cnn')
    """
    if is_isolated(name) or GROUP_NAME.fullmatch(name):
        return name_group(name)
    if components := COMPONENTS.fullmatch(name):
        return f"{components['number']} principal components"
    return name.replace("_", " ") if name.startswith("features of ") else PROPERTIES.get(name, name)


@dataclass(frozen=True)
class Words:
    """``text`` says how to read the figure of {}, in its caption; ``alt`` what is seen in it."""

    text: str
    alt: str


WORDS = {
    "timeline": Words(
        "A typical test merger (that of the median error), as {} dates it: above each image the true time, below it"
        " the network's distribution over time, the true time dashed, and the expected time ± half of the middle 68 %.",
        "A row of seven grey images: two disc galaxies approach, pass each other, draw out tails and become one."
        " Under each is a blue histogram of the time that the network gives it, with a dashed line at the true time.",
    ),
    "movie": Words(
        "The same merger, image by image, as {} dates it; the dashed line is the true time.",
        "A moving picture of two galaxies that merge, above a blue histogram that moves to the right with time.",
    ),
    "skill": Words(
        "Networks (blue), in the order of their loss on the validation images, and baselines on the sample {}: median"
        " error of the time and accuracy on the test images, with 95 % intervals; in orange the baseline that is"
        " strongest on the validation images, in green the median error of an answer that is right about the class and"
        " knows no more.",
        "Two panels of points with error bars, one row for each network and baseline: on the left the median error, of"
        " which less is better, on the right the accuracy, of which more is better.",
    ),
    "mergers": Words(
        "Mergers of the dataset {}, each from another side: times across, mergers down. Each picture is the snapshot"
        " nearest in time; the title says how far off they are at most, from half a Myr on.",
        "A grid of grey images of simulated galaxies: in each row two of them meet, part with tails and merge, at"
        " another angle in each row.",
    ),
    "parameters": Words(
        "The mergers of the sample {}, by what was drawn for them, in colour and mark of their split. The network is"
        " asked about mergers within these ranges, and knows no others.",
        "Scatter plots of ratios, orbits and spins. Circles of training, triangles of validation and squares of test"
        " mergers are spread over the same ranges.",
    ),
    "sample": Words(
        "What the sample {} holds: cameras of each simulation, and images at each time, by split. Only images that"
        " have a class are counted: with stages, those of a merger between the last stage and its coalescence are left"
        " out, so that the counts fall and rise again. Isolated galaxies are counted with the mergers, over the time"
        " that they were simulated for, which may be much shorter.",
        "On the left a grid of simulations and cameras, each cell in the colour of its split; on the right stacked"
        " bars of the number of images at each time.",
    ),
    "morphology": Words(
        "Classical statistics of the images of mergers in the sample {} over time: median and 68 % of the images."
        " Only images that have a class are measured: with stages, those of a merger between the last stage and its"
        " coalescence are left out, so that medians jump where mergers drop out or come back.",
        "Five panels, one for each statistic: a blue line with a band over time, among grey lines of single"
        " simulations that are spread as widely as the band.",
    ),
    "contact_sheet": Words(
        "One merger of the dataset {}: times since the start of its simulation across, cameras down.",
        "A grid of grey images of one merger: the same moments across, seen from another side in each row; opposite"
        " cameras show mirror images.",
    ),
    "examples": Words(
        "Test images that {} dates best and worst, and those about which it is most certain and wrong. Outlined are the"
        " pixels that speak most for (orange) and against (purple, dotted) the class that it names (integrated"
        " gradients); below each is its distribution over time, with the true time dashed.",
        "Three rows of grey images of galaxies with orange and purple outlines, mostly around nuclei and tails, and"
        " under each image a blue histogram of the time that the network gives it.",
    ),
    "embedding": Words(
        "Training images by the features that {} has of them, coloured by time, with lone galaxies and observed"
        " images, if there are any, among them, these numbered as in their table (t-SNE). What lies together looks"
        " alike to the network; distances mean nothing.",
        "A map of points whose colour runs from dark for early to bright for late times: neighbours have like colours.",
    ),
    "sweep": Words(
        "Combinations of options that were tried of {}, by the loss on the validation images: mean and standard"
        " deviation over repeats; in orange the one that is chosen, by this alone.",
        "A row for each combination of options with a point, and an error bar where there are repeats, the lowest loss"
        " first; one is orange.",
    ),
    "training": Words(
        "Loss and accuracy of {} over the epochs, in training and in validation.",
        "Two panels of lines over the epochs: the loss falls and the accuracy rises, dashed in validation.",
    ),
    "dates": Words(
        "Expected against true time of test images by {}: point at one, or tap it, to see the image. Circles are images"
        " whose class is named rightly, crosses others.",
        "A scatter plot of expected against true times; most points lie along the diagonal, and spread the more the"
        " later it is.",
    ),
    "errors": Words(
        "Errors of {} by class, phase of the merger, simulation, camera, size ratio and mass ratio: above, the median"
        " and 68 % of the images, and a dash at the error of an answer that knows the class only; below, the accuracy.",
        "Columns of points with grey ranges, and bars of accuracy below them, one panel for each way to divide the"
        " images.",
    ),
    "predictions": Words(
        "{}, in three ways. Left: which share of the images of each true class gets each class (confusion matrix)."
        " Middle: expected against true time, with the median and 68 % of the images. Right: how often the most"
        " probable class is right, against its probability.",
        "Three panels: a matrix that is brightest along its diagonal; a cloud of points with its median along the"
        " diagonal; and accuracy against probability beside the diagonal.",
    ),
    "robustness": Words(
        "Median error of {} on disturbed test images, against how much they are disturbed. An image is seen larger or"
        " smaller if distance or pixel scale are wrong; as the file tells, if its pixel scale is known, and the image"
        " is resampled to what the network expects. The dashed line is the error on upright images; bands are 95 %"
        " intervals of the ratio to it.",
        "One panel for each disturbance: a blue line of the median error against its amount, with a band, above a"
        " dashed line; the further it rises, the less the network bears.",
    ),
    "pit": Words(
        "Histogram of the probability integral transform of {}: at which level of the predicted distribution over time"
        " the true times lie. It is flat if the probabilities are calibrated.",
        "A histogram of twenty bars beside a dashed line at the height that all would have if the network knew how"
        " certain it may be.",
    ),
    "intervals": Words(
        "How many intervals of {} hold the true time, by phase and by simulation, the worst first: as the network gives"
        " them (open) and calibrated on other simulations (filled), for 68 and 90 % (dashed).",
        "Panels of open and filled points about two dashed lines, at 68 and at 90 %.",
    ),
    "properties": Words(
        "Properties that {} predicts of the test images, against the true ones; in blue the median and 68 % of the"
        " images. Of the line of sight: the share of images whose axis is right to within an angle. Of what is true or"
        " false: which probabilities are predicted where it is (blue) and where it is not (orange).",
        "One panel for each property: grey points of images, a blue line of their median, and an orange diagonal on"
        " which a perfect network would lie.",
    ),
    "similar": Words(
        "Observed images (left) with the training images that are most like them by the vector of the encoder {}, no"
        " two of one simulation, however the image is turned.",
        "Rows of grey images: on the left an observed merger, to its right the simulated ones most like it.",
    ),
    "queries": Words(
        "Test images (left) with the training images nearest to them by the vector of the encoder {}, no two of one"
        " simulation.",
        "Rows of grey images: on the left a test image, to its right training images of much the same shape.",
    ),
    "retrieval": Words(
        "How far apart in time test images and the nearest training images are, by the vector of the encoder {} and"
        " in other spaces: by rank, among other mergers, and among other mergers along other lines of sight; and the"
        " share of the latter within 15 Myr by phase, with 95 % intervals over simulations.",
        "Two panels of lines of the difference in time by rank, in one colour for each space, and bars of the share of"
        " near times by phase.",
    ),
    "reconstructions": Words(
        "Test images, what the autoencoder {} makes of them, and what comes back through its vector, from the worst"
        " to the best of the autoencoder, each above its mean absolute difference from the image.",
        "Three rows of grey images: the originals, nearly the same ones, and blurred ones without the finer tails.",
    ),
    "latent": Words(
        "The vectors that the encoder {} has of test images, in a plane (t-SNE), coloured by time, by simulation and"
        " by line of sight. Where images of one line of sight lie together, that orders the map, and the time only"
        " within it.",
        "The same map of points three times, in colours of time, of simulation and of line of sight.",
    ),
    "walk": Words(
        "Decoded by {} from points on the line between the vectors of two images of one merger, beside what was"
        " simulated at these times, what is decoded from the vectors of that, and a blend of the two images pixel by"
        " pixel.",
        "Four rows of grey images from an early to a late time of one merger: simulated, decoded from their own"
        " vectors, decoded from vectors between, and faded.",
    ),
    "observed": Words(
        "Observed images as {} sees them; its distribution over time, with the expected time (line) and the 68 %"
        " interval (band), in orange if there is a warning; and the training images nearest to it, with their times.",
        "Rows of an observed image, a histogram of the time that the network gives it, and grey images of the simulated"
        " mergers nearest to it.",
    ),
    "observed_reference": Words(
        "Times of observed mergers by {}, with their 68 % intervals, against published ones.",
        "A scatter plot with error bars of the network's times against published ones, beside a dashed diagonal.",
    ),
    "scaling": Words(
        "{} by number of workers: training images per second; efficiency, which is that over the speed of as many"
        " single workers; and what an epoch's time goes to. Grey marks are published figures of other networks on other"
        " machines.",
        "Three panels by number of workers: images per second beside a dotted ideal, efficiency below one, and stacked"
        " bars of what the time went to.",
    ),
}
"""By the name of the figure's rule, without ``plot_``, in the order of the report."""
