"""The encodings of properties."""

import numpy as np
import pytest

from deepgalaxy.targets import (
    BASIS,
    PROPERTIES,
    Target,
    as_five_numbers,
    axis_of,
    places_of,
    read_targets,
    smeared,
    write_targets,
)

HISTOGRAM = Target("t_peri_myr", "histogram", "Myr", -100.0, 400.0, 50, 0.25, 0.8)
AXIS = Target("line_of_sight", "axis", "degrees", np.nan, np.nan, 5, 1.5, 1.0)
NOT_LEARNT = Target("lone", "binary", "", np.nan, np.nan, 0, 0.0, 1.0)


def test_a_smeared_label_adds_up_to_one_and_lies_about_its_value():
    values = np.array([-400, -100, 3, 170, 400, 1000])
    labels = smeared(values, HISTOGRAM)
    np.testing.assert_allclose(labels.sum(axis=1), 1)
    within = labels[2:4] @ HISTOGRAM.centres
    np.testing.assert_allclose(within, values[2:4], atol=0.01)
    # 0.75 bins of Gaussian, and the uniform one of a bin itself.
    spread = np.sqrt(labels[3] @ (HISTOGRAM.centres - 170) ** 2) / 10
    assert spread == pytest.approx(np.sqrt(0.75**2 + 1 / 12), rel=1e-3)
    np.testing.assert_array_equal(labels[0], labels[1])
    np.testing.assert_array_equal(labels[4], labels[5])
    assert np.isnan(smeared(np.array([np.nan]), HISTOGRAM)).all()


def test_an_axis_is_the_same_for_a_vector_and_its_opposite():
    directions = np.random.default_rng(1).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    five = as_five_numbers(directions)
    np.testing.assert_array_equal(five, as_five_numbers(-directions))
    np.testing.assert_allclose(np.abs((axis_of(five) * directions).sum(axis=1)), 1)
    matrices = directions[:, :, None] * directions[:, None, :] - np.eye(3) / 3
    np.testing.assert_allclose((five @ BASIS).reshape(-1, 3, 3), matrices, atol=1e-12)
    np.testing.assert_allclose((five**2).sum(axis=1), (matrices**2).sum(axis=(1, 2)))


def test_the_table_of_properties_comes_back(tmp_path):
    targets = [HISTOGRAM, AXIS, NOT_LEARNT]
    write_targets(targets, tmp_path / "properties.csv")
    assert list(map(str, read_targets(tmp_path / "properties.csv"))) == list(map(str, targets))
    assert [place for _, place in places_of(targets)] == [slice(0, 1), slice(1, 4), slice(4, 5)]
    write_targets([], tmp_path / "none.csv")
    assert read_targets(tmp_path / "none.csv") == []
    (tmp_path / "other.csv").write_text("label,name\n1,x\n")
    with pytest.raises(ValueError, match=r"other.csv is not a table of properties"):
        read_targets(tmp_path / "other.csv")
    with pytest.raises(ValueError, match=r"gone.csv, the table of the properties, is not a file"):
        read_targets(tmp_path / "gone.csv")


def test_the_configuration_offers_the_properties(root):
    import yaml

    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    assert schema["$defs"]["sample"]["properties"]["properties"]["items"]["enum"] == list(PROPERTIES)
