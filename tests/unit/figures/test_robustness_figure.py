"""The figure of disturbed test images."""

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.perturbations import AMOUNTS
from deepgalaxy.figures.robustness import plot_robustness
from deepgalaxy.figures.words import PERTURBATIONS


def test_each_perturbation_has_a_panel_with_the_upright_level(drawn):
    rows = [{"perturbation": "upright", "value": 0, "unit": "", "ratio_low": None, "ratio_high": None}]
    rows += [
        {"perturbation": name, "value": value, "unit": unit, "ratio_low": 1.2, "ratio_high": 1.6}
        for name, (unit, values) in AMOUNTS.items()
        for value in values
    ]
    figure = drawn(plot_robustness, pd.DataFrame(rows).assign(median_error_myr=[10.0] + [14.0] * (len(rows) - 1)))
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == [PERTURBATIONS[name][0] for name in AMOUNTS]
    for axes, (name, (_, values)) in zip(panels, AMOUNTS.items()):
        curve, level = axes.lines
        assert axes.get_xlabel() == PERTURBATIONS[name][1] and level.get_ydata()[0] == 10
        drawn_values = list(curve.get_xdata())
        assert set(values) <= set(drawn_values) and drawn_values == sorted(drawn_values)
        neutral = [error for value, error in zip(*curve.get_data()) if value not in values]
        assert neutral == ([] if name in ("noise", "galaxy", "star") else [10])
    band = panels[0].collections[0].get_paths()[0].vertices[:, 1]
    assert np.isclose(band.max(), 16) and np.isclose(band.min(), 10)
