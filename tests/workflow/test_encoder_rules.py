"""What is made anew of an encoder-decoder when a setting changes."""

import pytest

from support.dry_run import planned

ENCODER = {"train_autoencoder", "train_vae", "encode_images", "decode_images", "reconstruct_images", "score_encoder"}


@pytest.mark.parametrize(
    ("small", "rules"),
    [
        ({"backbone": "MobileNet"}, ENCODER),
        ({"autoencoder": {"epochs": 3}}, ENCODER),
        ({"vae": {"epochs": 3}}, ENCODER - {"train_autoencoder"}),
        ({"vae": {"learning_rate": 0.002}}, ENCODER - {"train_autoencoder"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",  # a set has no order
)
@pytest.mark.usefixtures("chain")
def test_a_stage_is_trained_anew_with_all_that_follows(with_settings, small, rules):
    again = planned(with_settings({"encoders": {"small": small}}, "-n"))
    assert again & ENCODER == rules
    assert not again & {"train_model", "predict_images", "prepare_images"}
