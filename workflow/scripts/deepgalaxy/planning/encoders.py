"""The encoder-decoders that the configuration asks for, the names of their paths, and what cannot work in them."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from deepgalaxy.planning.combinations import impossible_options
from deepgalaxy.planning.runs import split_samples
from deepgalaxy.planning.sweeps import model_place

ENCODER_RUN = "{dataset}/{sample}/{encoder}/workers~{workers}/repeat~{repeat}"
"""The name of a run of an encoder-decoder, as in the paths of its files; to be filled in with the run."""

COMPARED_PIXELS = 11
"""The window, on each side, in which images made again are compared with the originals
(``deepgalaxy.encoder.reconstruction``)."""

STAGES = ("autoencoder", "vae")
"""What is trained of an encoder-decoder, one after the other."""


def encoder_runs(config: dict) -> list[dict]:
    """Return the runs of encoder-decoders of the experiment, one for each combination of what it lists, and of each
    fold: dictionaries of dataset, sample, encoder, workers and repeat."""
    experiment = config["experiment"]
    listed = (experiment["datasets"], split_samples(config), experiment["encoders"], experiment["workers"])
    names = ("dataset", "sample", "encoder", "workers", "repeat")
    return [dict(zip(names, run)) for run in product(*listed, range(experiment["repeats"]))]


def trained_encoders(config: dict) -> list[str]:
    """Return the names of the encoders that the experiment trains, those of its models too."""
    experiment = config["experiment"]
    of_models = [config["models"][name].get("encoder", "") for name in experiment["models"]]
    return [name for name in dict.fromkeys([*experiment["encoders"], *of_models]) if name in config["encoders"]]


def stage_options(config: dict) -> dict[str, Mapping[str, Any]]:
    """Return the options of training of each stage of the encoders that are trained, with its architecture and its
    weights, by their places in the configuration."""
    options = {}
    for name, stage in product(trained_encoders(config), STAGES):
        encoder = config["encoders"][name]
        network = {"architecture": encoder["backbone"], "weights": encoder["weights"]}
        options[f"encoders: {name}: {stage}"] = network | encoder[stage]
    return options


def impossible_encoders(config: dict, workers: int) -> Iterator[str]:
    """Yield a sentence, with the place, for each thing that cannot work in the encoders that are trained, by so many
    ``workers``, and in the models that classify their maps."""
    for place, options in stage_options(config).items():
        for sentence in impossible_options(options, workers):
            yield f"`{place}`: {sentence}"
        if place.endswith("vae") and options["noise"]:
            yield (
                f"`{place}: noise` would be added to images that the encoder sees as it does outside training; leave it"
                " out, and set that of the autoencoder."
            )
    experiment = config["experiment"]
    for where in experiment["samples"] if experiment["encoders"] else []:
        pixels = config["samples"][where]["images"]["pixels"]
        if pixels < COMPARED_PIXELS:
            yield (
                f"`samples: {where}: images: pixels` is {pixels}, and what an encoder-decoder makes of images is"
                f" compared with them in windows of {COMPARED_PIXELS} pixels; ask for at least as many."
            )
    for name in experiment["models"]:
        model = config["models"][name]
        for sentence in _impossible_model(model, config["encoders"]):
            yield f"`{model_place(config['models'], name)}`: {sentence}"


def _impossible_model(model: Mapping[str, Any], encoders: Mapping[str, Mapping]) -> Iterator[str]:
    """Yield what is wrong with a model that classifies the maps of an encoder, if it does."""
    name = model.get("encoder")
    if not name:
        return
    if name not in encoders:
        yield f"`encoder: {name}` is not described by `encoders`, which has {', '.join(encoders) or 'no entries'}."
        return
    backbone = encoders[name]["backbone"]
    if model["architecture"] != backbone:
        yield (
            f"`architecture` is {model['architecture']} and the backbone of `encoders: {name}` is {backbone}; set"
            f" `architecture: {backbone}`."
        )
    if model["weights"] != "none":
        yield "`weights` and `encoder` both say what training begins with; leave one of them out."
