"""How the report shows values and figures."""

import base64

import pytest

from deepgalaxy.report import Figure, show_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, "0.1235"),
        (12345.6, "12,346"),
        (-2000.4, "-2,000"),
        (7, "7"),
        ("camera", "camera"),
        (float("nan"), "–"),
    ],
)
def test_values_are_shown_as_a_reader_wants_them(value, shown):
    assert show_value(value) == shown


def test_a_figure_carries_its_file(tmp_path):
    (tmp_path / "a.svg").write_text("<svg/>")
    kind, content = Figure(tmp_path / "a.svg", "a figure").address.split(",")
    assert kind == "data:image/svg+xml;base64" and base64.b64decode(content) == b"<svg/>"
