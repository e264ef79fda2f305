"""How the report shows values, tables and figures."""

import base64

import pytest

from deepgalaxy.report.page import Figure, main_columns, show_cell, show_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, "0.123"),
        (12345.6, "12,346"),
        (-2000.4, "-2,000"),
        (7, "7"),
        ("camera", "camera"),
        (float("nan"), "–"),
    ],
)
def test_values_are_shown_as_a_reader_wants_them(value, shown):
    assert show_value(value) == shown


def test_limits_and_deviations_stand_with_their_values():
    row = {"model": "cnn", "accuracy": 0.8, "accuracy_low": 0.7, "accuracy_high": 0.9}
    row |= {"error_myr": 12.0, "error_low_myr": float("nan"), "error_high_myr": float("nan")}
    row |= {"loss": 0.5, "loss_sd": 0.01, "low_myr": 3.0}
    columns = ["model", "accuracy", "error_myr", "loss", "low_myr"]
    assert main_columns(row) == columns
    shown = [show_cell(row, column) for column in columns]
    assert shown == ["cnn", "0.8 (0.7–0.9)", "12", "0.5 ± 0.01", "3"]


def test_a_figure_carries_its_file(tmp_path):
    (tmp_path / "a.svg").write_text("<svg/>")
    kind, content = Figure(tmp_path / "a.svg", "a figure").address.split(",")
    assert kind == "data:image/svg+xml;base64" and base64.b64decode(content) == b"<svg/>"
