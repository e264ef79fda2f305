"""The ways in which the encoder-decoder makes images again."""

WAYS = ("autoencoder", "variational")
"""From activation maps, and from the vector of them."""
