"""The combinations of a sweep, as they are drawn."""

import pandas as pd

from deepgalaxy.figures.style import BLUE, ORANGE
from deepgalaxy.figures.sweep import plot_sweep


def test_each_combination_has_a_row_and_the_chosen_one_stands_out(drawn):
    row = {"workers": 2, "options": "noise: 0", "validation_loss": 0.5, "validation_loss_sd": 0.1, "chosen": True}
    other = {"options": "noise: 0.1", "validation_loss": 0.7, "validation_loss_sd": float("nan"), "chosen": False}
    table = pd.DataFrame([row, row | other, row | {"workers": 4}])
    two, four = drawn(plot_sweep, table).axes
    assert [label.get_text() for label in two.get_yticklabels()] == ["noise: 0", "noise: 0.1"]
    assert two.get_ylim()[0] > two.get_ylim()[1] and two.get_title() == "2 workers"
    points = [container.lines[0] for container in two.containers]
    assert [(point.get_xdata()[0], point.get_color()) for point in points] == [(0.5, ORANGE), (0.7, BLUE)]
    assert len(four.containers) == 1 and four.get_xlabel().startswith("loss on the validation images")
