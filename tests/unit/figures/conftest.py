"""What tests of figures share."""

import pytest
from matplotlib import pyplot as plt


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """A function that lets one of the package's functions draw a figure, and returns it as it was written.

    The function gets ``arguments`` and the path of a file in a temporary directory.
    """

    def drawn(plot, *arguments, name="figure.svg"):
        plt.close("all")
        with monkeypatch.context() as patch:
            patch.setattr(plt, "close", lambda _: None)
            plot(*arguments, tmp_path / name)
        assert (tmp_path / name).is_file() and len(plt.get_fignums()) == 1
        return plt.gcf()

    yield drawn
    plt.close("all")
