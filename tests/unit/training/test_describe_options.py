"""What is said of the training options in the schema, in the documentation and on the command line is one thing."""

import argparse

import jsonschema
import pytest
import yaml

from deepgalaxy.training.describe_options import END, model_schema, written
from deepgalaxy.training.options import add_options, command_line

MODEL = {"architecture": "reference_cnn", "epochs": 2, "batch_size": 4}


def test_the_written_parts_are_current(root):
    for path, text in written(root).items():
        assert path.read_text() == text, f"{path} is not what training/options.py says; run `make docs`"


def test_a_file_without_the_marks_is_named(root, tmp_path):
    for path in written(root):
        copy = tmp_path / path.relative_to(root)
        copy.parent.mkdir(parents=True)
        copy.write_text(path.read_text().replace(END, "the end"))
    with pytest.raises(ValueError, match=r"config.schema.yaml must have one line that says 'written by `make docs`"):
        written(tmp_path)


@pytest.fixture
def parse(capsys):
    """A function that gives the options of a model to the command line, and returns what it says if it refuses them."""
    parser = argparse.ArgumentParser()
    add_options(parser)

    def parse(model):
        try:
            return vars(parser.parse_args(command_line(model)))
        except SystemExit:
            return capsys.readouterr().err

    return parse


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"epochs": 0}, "argument --epochs: 0 is not at least 1"),
        ({"batch_size": 0}, "argument --batch-size: 0 is not at least 1"),
        ({"learning_rate": 0}, "argument --learning-rate: 0 is not above 0"),
        ({"label_smoothing": 1}, "argument --label-smoothing: 1 is not below 1"),
        ({"data_mode": -2}, "argument --data-mode: -2 is not at least -1"),
        ({"architecture": "resnet"}, "argument --architecture: invalid choice: 'resnet' (choose from"),
        ({"optimizer": "adamm"}, "argument --optimizer: invalid choice: 'adamm'"),
        ({"precision": "float64"}, "argument --precision: invalid choice: 'float64'"),
        ({"epochs": "two"}, "argument --epochs: invalid int value: 'two'"),
        ({"learing_rate": 1}, "unrecognized arguments: --learing-rate=1"),
    ],
    ids=str,
)
def test_what_the_schema_refuses_the_command_line_refuses(parse, option, sentence):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(MODEL | option, model_schema())
    assert sentence in parse(MODEL | option)


def test_the_defaults_of_the_schema_are_those_of_the_command_line(parse):
    properties = model_schema()["properties"]
    defaults = {name: about["default"] for name, about in properties.items() if "default" in about}
    jsonschema.validate(MODEL | defaults, model_schema())
    assert parse(MODEL) == parse(MODEL | defaults) == MODEL | defaults
    assert set(properties) - set(defaults) == {*MODEL, "sweep"}


def test_every_option_of_the_configurations_is_described(root):
    for file in ("config/config.yaml", "config/deepgalaxy_512.yaml", ".test/config/config.yaml"):
        for model in yaml.safe_load((root / file).read_text())["models"].values():
            jsonschema.validate(model, model_schema())
