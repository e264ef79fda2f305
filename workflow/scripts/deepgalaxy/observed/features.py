"""What a trained network sees in an image before it decides."""

import keras


def feature_network(network: keras.Model) -> keras.Model:
    """Return the part of a network from images to features, (n, features): the layer of that name, which a network with
    properties has, or the input of the last layers with weights.

    That layer may be in a network within the network, as long as this one takes what the layer before it gives, as all
    that ``build_network`` makes do. The weights are shared, not copied.
    """
    named = [layer.output for layer in network.layers if layer.name == "features"]
    features = keras.layers.Flatten()(named[0] if named else _input_of_the_last_weights(network))
    return keras.Model(network.inputs, features, name="features")


def _input_of_the_last_weights(network: keras.Model) -> keras.KerasTensor:
    """Return the symbolic input of the last layer with trainable weights."""
    number, last = [(number, layer) for number, layer in enumerate(network.layers) if layer.trainable_weights][-1]
    if not isinstance(last, keras.Model):
        return last.input
    inner = keras.Model(last.inputs, _input_of_the_last_weights(last))
    return inner(network.layers[number - 1].output)
