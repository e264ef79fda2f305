"""What a network is said to take of memory, and the batches and jobs that follow."""

import json

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.network_memory import LARGEST_BATCH, NetworkMemory, batch_size, job_mib
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import TrainingOptions


def test_layers_are_counted_by_what_they_take_in_and_give():
    images = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(3, 3, padding="same")(images)
    inner_input = keras.Input((8, 8, 3))
    inner = keras.Model(inner_input, keras.layers.Conv2D(5, 1)(inner_input))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(inner(x)))
    memory = NetworkMemory.measure(network)
    assert memory.parameters == 4 * (3 * 9 + 3 + 3 * 5 + 5)
    assert memory.widest == 4 * 64 * (3 + 5)
    # The two inputs, two convolutions, and the average.
    assert memory.all_layers == 4 * (64 * (1 + 3 + 3 + 5) + 5)


@pytest.mark.parametrize("architecture", ["reference_cnn", "MobileNetV2"])
def test_memory_grows_with_the_pixels_of_an_image(architecture):
    small, large = (
        NetworkMemory.measure(build_network(TrainingOptions(architecture, 1, 1), pixels, "uint8", 10))
        for pixels in (64, 128)
    )
    assert small.parameters == large.parameters
    for part in ("widest", "all_layers"):
        assert 3.9 < getattr(large, part) / getattr(small, part) < 4.1


def test_a_record_is_read_and_an_older_one_is_refused(tmp_path):
    path = tmp_path / "training.json"
    memory = NetworkMemory(1, 2, 3)
    path.write_text(json.dumps({"memory_bytes": memory.as_record()}))
    assert NetworkMemory.read(path) == memory
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"training.json does not say what memory its network takes; train that run"):
        NetworkMemory.read(path)


@settings(deadline=None)
@given(st.integers(1, 2**36), st.integers(16, 2**20))
def test_batches_are_within_the_budget_and_jobs_within_what_they_ask_for(image_bytes, budget_mib):
    images = batch_size(image_bytes, budget_mib)
    assert 1 <= images <= LARGEST_BATCH
    asked = job_mib(0, image_bytes, budget_mib) * 2**20
    assert images * image_bytes <= asked
    if images < LARGEST_BATCH:
        assert (images + 1) * image_bytes > budget_mib * 2**20
