"""What images as they are prepared allow in training, and how much of the rendered field can be seen."""

import pytest
import yaml

from deepgalaxy.planning.mistakes import list_mistakes


@pytest.fixture
def config(root):
    return yaml.safe_load((root / "config/config.yaml").read_text())


@pytest.fixture(scope="module")
def schema(root):
    return yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())


PLAIN = {"turn": "none", "scale": [1, 1], "shift": 0, "blur_kpc": [0, 0], "sky": [0, 0], "gain": [1, 1]}
SQUARE = {"pixels": 64, "dtype": "uint8"}


@pytest.mark.parametrize(
    ("images", "model", "sentences"),
    [
        ({}, {"turn": "any"}, ["oversampling", "shape: disc"]),
        (
            {"shape": "disc"},
            {"turn": "any", "sky": [0, 1]},
            ["images are made anew from their frames for `turn`, `sky`, and"],
        ),
        (
            {"oversampling": 2},
            {"shift": 0.1, "scale": [0.9, 1]},
            ["would show what was done to it by `scale`, `shift`; set"],
        ),
        ({}, {"gain": [0.5, 2]}, ["images are made anew from their frames for `gain`, and"]),
        ({"oversampling": 2}, {"gain": [0, 2]}, ["gain: 0` is 0, which is not more than 0"]),
        ({"oversampling": 2}, {"background": "sky"}, ["`background` is shown as bright as `sky` says"]),
        ({"half_width_kpc": 120}, {}, ["`samples: stages: images: half_width_kpc` is 120, and `datasets: simulated"]),
        ({"oversampling": 2}, {"sky": [2, 1]}, ["reversed; give the lower bound first"]),
        (
            {"oversampling": 2},
            {"turn": "quarter", "blur_kpc": [0, 1], "sky": [0, 1], "gain": [0.5, 2], "background": "sky"},
            [],
        ),
        ({}, {"turn": "quarter", "mirror": True}, []),
    ],
)
def test_what_images_do_not_allow_is_one_sentence(config, schema, images, model, sentences):
    config["samples"]["stages"]["images"] = SQUARE | images
    config["models"]["reference_cnn"] |= PLAIN | model
    mistakes = list_mistakes(config, schema)
    assert len(mistakes) == len(sentences), mistakes
    for mistake, sentence in zip(mistakes, sentences):
        assert sentence in mistake and mistake.endswith(".")


def test_a_blur_needs_a_field_that_is_known(config, schema):
    config["samples"]["stages"]["images"] = SQUARE | {"oversampling": 2}
    config["samples"]["stages"]["classes"] = {"task": "time"}
    config["samples"]["stages"]["selection"] = {"groups": ["s_*"], "cameras": 14}
    config["models"]["reference_cnn"] |= PLAIN | {"blur_kpc": [0, 1]}
    config["experiment"]["datasets"] = ["deepgalaxy_512"]
    config["scaling"]["workers"] = []
    (mistake,) = list_mistakes(config, schema)
    assert mistake.startswith("`models: reference_cnn` on `datasets: deepgalaxy_512`: `blur_kpc`")
