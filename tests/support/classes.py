"""Tables of classes, as ``label_images`` makes them."""

import numpy as np
import pandas as pd

TWO_CLASSES = pd.DataFrame(
    {
        "label": [0, 1],
        "name": ["early", "late"],
        "t_from_myr": [0.0, 100.0],
        "t_to_myr": [100.0, 200.0],
        "t_centre_myr": [50.0, 150.0],
        "counts_from": "start of the simulation",
    }
)

STAGES = pd.DataFrame(
    {
        "label": [0, 1, 2],
        "name": ["early", "late", "no merger"],
        "t_from_myr": [0.0, 100.0, np.nan],
        "t_to_myr": [100.0, 200.0, np.nan],
        "t_centre_myr": [50.0, 150.0, np.nan],
        "counts_from": "first pericentre",
    }
)
