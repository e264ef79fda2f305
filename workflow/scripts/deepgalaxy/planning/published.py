"""Published datasets: whether there is a file to begin with."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def unavailable(config: Mapping[str, Any], resources: str) -> Iterator[str]:
    """Yield a sentence for each published dataset of the experiment that is not there, and that no source can give.

    ``resources`` is the directory in which the workflow keeps such files. An address may give a file: only a job asks
    it. ``config`` has no other mistake.
    """
    for name in config["experiment"]["datasets"]:
        sources = config["datasets"][name].get("sources")
        file, download = Path(resources, f"{name}.hdf5"), Path(resources, "downloads", f"{name}.hdf5")
        if sources is None or any("://" in source or Path(source).is_file() for source in sources):
            continue
        if not (file.is_file() or download.is_file()):
            missing = f"{' and '.join(sources)}: there is no such file" if sources else "empty"
            yield (
                f"`datasets: {name}: sources` is {missing}; name an address or the path of a copy there, or put the"
                f" file at {download}."
            )
