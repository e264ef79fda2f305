"""The expected against the true time of each test image, with the image itself for whoever points at it."""

import base64
import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from PIL import Image

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.dated import date_images
from deepgalaxy.figures.style import BLUE, ORANGE, say_myr
from deepgalaxy.figures.tiles import name_ratios
from deepgalaxy.files import whole_file
from deepgalaxy.sample.prepared_file import as_brightness
from deepgalaxy.templates import templates_beside

MOST_IMAGES = 1500
"""More would hide each other, and make the page heavy."""
THUMBNAIL = 64
"""Pixels of an image on a side."""
ACROSS = 40
"""Images in a row of the sheet that holds them."""
SIDE = 420
"""Of the plot, in the units of the drawing."""


def plot_dates(
    predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, prepared: list[str], output: str | Path
) -> None:
    """Write a drawing (SVG) of the expected against the true time of the test images that have one, with a script that
    shows the image of the point that is pointed at, and at first that of the largest error.

    At most MOST_IMAGES are drawn, evenly spread over the predictions. ``prepared`` are the prepared files of test
    images, of all folds if there are several, which hold them all.
    """
    dated = predictions.where(predictions.timed)
    dated = dated.where(np.unique(np.linspace(0, len(dated.row) - 1, MOST_IMAGES).round().astype(int)))
    times = np.stack([dated.target_myr, dated.expected_myr(classes)])
    dates = date_images(dated, classes)
    ends = (min(times.min(), dates.edges_myr[0]), max(times.max(), dates.edges_myr[-1]))
    place = SIDE * (times - ends[0]) / (ends[1] - ends[0])
    ticks = [tick for tick in MaxNLocator(6, integer=True).tick_values(*ends) if ends[0] <= tick <= ends[1]]
    points = [
        {
            "x": round(float(x), 1),
            "y": round(float(SIDE - y), 1),
            "right": right,
            "words": "|".join(_describe(view, true, words)),
        }
        for x, y, right, true, words, view in zip(
            *place, dated.right, dated.target_myr, dates.said, split.iloc[dated.row].itertuples()
        )
    ]
    environment = templates_beside(__file__)
    drawing = environment.get_template("dates.svg.jinja").render(
        points=points,
        ticks=[(f"{tick:g}".replace("-", "−"), SIDE * (tick - ends[0]) / (ends[1] - ends[0])) for tick in ticks],
        side=SIDE,
        counts_from=dates.counts_from,
        sheet=sheet_of(dated.row, prepared),
        across=ACROSS,
        down=-(-len(points) // ACROSS),
        thumbnail=THUMBNAIL,
        worst=int(np.abs(times[0] - times[1]).argmax()),
        right_colour=BLUE,
        wrong_colour=ORANGE,
    )
    with whole_file(output) as path:
        path.write_text(drawing, encoding="utf-8")


def _describe(view: Any, true: float, said: str) -> list[str]:
    """Return in lines which image a row of the split table is of, its true time, and what the network says."""
    name = name_ratios(view.group).replace("\n", ", ")
    return [name, f"camera {view.camera:02d}", f"true: {say_myr(true)}", f"network: {said}"]


def sheet_of(rows: np.ndarray, prepared: list[str]) -> str:
    """Return the images of some rows of the split table, ACROSS in a row, as the data URL of one picture (WebP).

    ``prepared`` are prepared files that hold them. Raises ValueError if one of them is in none of these.
    """
    sheet = np.zeros((-(-len(rows) // ACROSS) * THUMBNAIL, ACROSS * THUMBNAIL), np.uint8)
    missing = set(range(len(rows)))
    for path in prepared:
        with h5py.File(path) as file:
            place = {row: number for number, row in enumerate(file["row"][:])}
            for number in sorted(missing):
                if rows[number] in place:
                    image = Image.fromarray(
                        (255 * as_brightness(file["images"][place[rows[number]]])[:, :, 0]).astype(np.uint8)
                    )
                    down, across = np.array(divmod(number, ACROSS)) * THUMBNAIL
                    small = np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX))
                    sheet[down : down + THUMBNAIL, across : across + THUMBNAIL] = small
                    missing.remove(number)
    if missing:
        raise ValueError(f"{len(missing)} predicted images are in none of {', '.join(map(str, prepared))}.")
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "webp", quality=60, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
