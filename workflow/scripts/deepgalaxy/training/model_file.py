"""A trained network's file: the same for the same network, and loaded without running code that it may hold."""

import json
import re
import zipfile
from pathlib import Path

import keras


def save_network(network: keras.Model, path: str | Path) -> None:
    """Save a network as Keras does, without what distinguishes one save from another.

    That is the date, in the archive and in its ``metadata.json``, and the addresses in memory by which ``config.json``
    marks what layers share: they are numbered instead.
    """
    network.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    del metadata["date_saved"]
    members["metadata.json"] = json.dumps(metadata).encode()
    numbers: dict[bytes, int] = {}
    members["config.json"] = re.sub(
        rb'(?<="shared_object_id": )\d+',
        lambda address: b"%d" % numbers.setdefault(address[0], len(numbers) + 1),
        members["config.json"],
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # dated 1980, unless told otherwise


def load_network(path: str | Path) -> keras.Model:
    """Return the network of a file that Keras saved; code in it is refused with a ValueError, and not run."""
    return keras.saving.load_model(path, safe_mode=True)


def class_count(network: keras.Model) -> int:
    """Return how many classes a network of ``build_network`` tells apart."""
    output = network.output
    return (output["probabilities"] if isinstance(output, dict) else output).shape[1]
