"""What an encoder-decoder costs, run by hand: ``python tests/benchmarks/encoder.py [steps] [network …]``.

A network is architecture:pixels:batch.

It builds autoencoder and variational autoencoder, trains some steps of each on noise, and prints for each backbone the
parameters of the parts, how many billion multiplications an image takes in the convolutions of encoder and decoder, and
how long the cores work for an image in a step of either stage. On a machine with other work, too, these mean something.
"""

import sys
import time

import numpy as np

NETWORKS = ("reference_cnn:64:32", "reference_cnn:128:32", "EfficientNetB0:128:8", "VGG16:64:8")


def multiplications(network):
    """How many multiplications an image takes in the convolutions of a network, in billions."""
    import keras

    total = 0
    for layer in network._flatten_layers():  # noqa: SLF001 - Keras's public list does not look inside networks
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            _, height, width, _ = layer.output.shape
            kernel = layer.kernel.shape
            total += height * width * int(np.prod(kernel))
    return total / 1e9


def milliseconds(network, objective, options, images, steps):
    """How long the cores work for an image in a step, in ms, after the first step."""
    from deepgalaxy.training.ranks.communicator import SingleRank
    from deepgalaxy.training.steps import TrainingStep, make_optimizer

    step = TrainingStep(network, make_optimizer(options), SingleRank(), options, objective)
    labels, votes = np.zeros(len(images), np.int32), np.zeros(2, np.float32)
    for number in range(steps + 1):
        if number == 1:
            start = time.process_time()
        sums, *_ = step.update(images, labels, 1e-3, votes)
        assert np.isfinite(sums.numpy()).all()
    return 1e3 * (time.process_time() - start) / steps / len(images)


def measure(architecture, pixels, batch, steps):
    """Return a row of the table."""
    import keras

    from deepgalaxy.encoder.networks import build_autoencoder, build_variational
    from deepgalaxy.training.network import build_backbone
    from deepgalaxy.training.objectives import LatentBound, Reconstruction
    from deepgalaxy.training.options import EncoderShape, TrainingOptions

    keras.utils.set_random_seed(1)
    options, shape = TrainingOptions(architecture, 1, batch), EncoderShape()
    images = np.random.default_rng(1).integers(0, 256, (batch, pixels, pixels, 1), np.uint8)
    autoencoder = build_autoencoder(build_backbone(options, pixels), pixels, "uint8", shape.decoder_filters, 0.02)
    parts = [autoencoder.get_layer(name) for name in ("encoder", "decoder")]
    spent = [milliseconds(autoencoder, Reconstruction(), options, images, steps)]
    channels = parts[0].output_shape[-1]
    variational = build_variational(autoencoder, np.zeros(channels), np.ones(channels), shape.latent, shape.hidden)
    spent.append(milliseconds(variational, LatentBound(), options, images, steps))
    counts = [part.count_params() for part in parts]
    counts.append(variational.count_params() - counts[0])
    sizes = " | ".join(f"{count / 1e6:.2f}" for count in counts)
    work = " | ".join(f"{multiplications(part):.3f}" for part in parts)
    side = parts[0].output_shape[1]
    times = " | ".join(f"{one:.1f}" for one in spent)
    return f"| {architecture}, {pixels} px | {side} × {side} × {channels} | {sizes} | {work} | {times} |"


def main(steps=5, *networks):
    """Measure, and print one row for each network."""
    from deepgalaxy.tensorflow_setup import configure_tensorflow

    configure_tensorflow(1)
    print(
        "| backbone | maps | encoder, M parameters | decoder | variational | encoder, G multiplications | decoder |"
        " autoencoder, ms an image | variational |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for network in networks or NETWORKS:
        architecture, pixels, batch = network.split(":")
        print(measure(architecture, int(pixels), int(batch), int(steps)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
