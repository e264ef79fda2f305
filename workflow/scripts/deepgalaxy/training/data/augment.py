"""Random mirroring and turning of training images, as a function of a key and the number of the batch."""

import tensorflow as tf


def augment(images: tf.Tensor, flips: bool, quarter_turns: bool, key: int, number: tf.Tensor) -> tf.Tensor:
    """Return images (n, pixels, pixels, 1), each mirrored (``flips``), or turned by multiples of 90 degrees
    (``quarter_turns``), or both, at random.

    The draw depends only on ``key`` and ``number`` (a scalar int), so that a resumed run continues as it would have.
    Pixels are moved, never interpolated.
    """
    if not (flips or quarter_turns):
        return images
    seed = tf.stack((tf.constant(key, tf.int64), tf.cast(number, tf.int64)))
    bits = tf.random.stateless_uniform((3, tf.shape(images)[0], 1, 1, 1), seed, 0, 2, tf.int32)
    transpose, vertical, horizontal = (bits[row] == 1 for row in range(3))
    if not quarter_turns:
        transpose = tf.zeros_like(transpose)
    elif not flips:
        # A transposition and one mirror make a quarter turn, two mirrors a half turn.
        horizontal = tf.math.logical_xor(vertical, transpose)
    images = tf.where(transpose, tf.transpose(images, (0, 2, 1, 3)), images)
    images = tf.where(vertical, tf.reverse(images, [1]), images)
    return tf.where(horizontal, tf.reverse(images, [2]), images)
