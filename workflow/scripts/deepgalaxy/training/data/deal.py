"""Dealing images to ranks: who holds which, and in which order each epoch takes them.

All of it follows from the seed, so that every rank knows it without asking. A prepared file is shuffled already; so
whole runs of neighbouring images can be dealt and read at once, and still are random samples.

Data modes, as upstream's ``-m``: in mode -1 every rank holds all images and works on its own part of a common order; in
mode 0 every rank holds a fixed shard, and all together everything; in mode m > 0 the shards are dealt anew every m
epochs.
"""

from dataclasses import dataclass

import numpy as np

from deepgalaxy.seeds import derive_seed

BLOCKS_PER_SHARD = 8
"""In mode m > 0 a shard is put together from about so many runs of images, each read in one go."""


@dataclass(frozen=True)
class Dealing:
    """How ``total`` images are dealt to ``size`` ranks. An epoch takes ``images_per_rank`` on each, all different."""

    total: int
    size: int
    mode: int
    seed: int

    @property
    def images_per_rank(self) -> int:
        """Images that each rank takes in an epoch; fewer than ``size`` are left over, others in each epoch or, in mode
        m > 0, in each deal."""
        return self.total // self.size

    @property
    def left_over(self) -> int:
        """Images that no rank takes in an epoch."""
        return self.total - self.size * self.images_per_rank

    def number(self, epoch: int) -> int:
        """Return the number of the deal that epoch 1, 2, … uses; the images held change only when it does."""
        return (epoch - 1) // self.mode if self.mode > 0 else 0

    def held(self, rank: int, epoch: int) -> list[slice]:
        """Return the images that a rank holds, as contiguous slices of the prepared file."""
        if self.mode < 0:
            return [slice(0, self.total)]
        if self.mode == 0:
            return [equal_part(self.total, rank, self.size)]
        # The used images, from a random start, are cut into equal blocks and a rest for each rank, dealt at random.
        rng = np.random.default_rng(derive_seed(self.seed, "deal", self.number(epoch)))
        start = rng.integers(self.total)
        blocks = min(BLOCKS_PER_SHARD, self.images_per_rank)
        length, rest = divmod(self.images_per_rank, blocks)
        mine = rng.permutation(self.size * blocks)[rank * blocks : (rank + 1) * blocks] * length
        pieces = [(first, length) for first in np.sort(mine)] + [(self.size * blocks * length + rank * rest, rest)]
        return [part for first, count in pieces if count for part in self._wrapped(int(start + first), count)]

    def _wrapped(self, first: int, count: int) -> list[slice]:
        """Return ``count`` images from ``first``, counted round the end of the file, as one slice or two."""
        first %= self.total
        stop = first + count
        if stop <= self.total:
            return [slice(first, stop)]
        return [slice(first, self.total), slice(0, stop - self.total)]

    def order(self, rank: int, epoch: int, run: int, window: int) -> np.ndarray:
        """Return the order in which an epoch takes a rank's images, int64 of shape (images_per_rank,), as places among
        those held: ``shuffled_by_windows``, so that they can be streamed window by window, without those left over.
        """
        if self.mode < 0:
            everyone = self._shuffled(self.total, self.total - self.left_over, run, window, epoch)
            return everyone[rank * self.images_per_rank : (rank + 1) * self.images_per_rank]
        held = sum(part.stop - part.start for part in self.held(rank, epoch))
        return self._shuffled(held, self.images_per_rank, run, window, epoch, rank)

    def _shuffled(self, count: int, kept: int, run: int, window: int, *names: int) -> np.ndarray:
        """Return ``kept`` of 0 to ``count`` - 1 in the order of ``shuffled_by_windows``, drawn for the names."""
        order = shuffled_by_windows(count, run, window, derive_seed(self.seed, "order", *names))
        left_over = np.random.default_rng(derive_seed(self.seed, "left over", *names))
        return np.delete(order, left_over.choice(count, count - kept, replace=False))


def equal_part(total: int, rank: int, size: int) -> slice:
    """Return one of ``size`` contiguous parts of ``total`` images, which differ by one image at most."""
    return slice(rank * total // size, (rank + 1) * total // size)


def shuffled_by_windows(count: int, run: int, window: int, seed: int) -> np.ndarray:
    """Return 0 to ``count`` - 1, int64, with runs of so many neighbours in random order, and each ``window`` of the
    outcome, a multiple of ``run``, in random order again.

    So a window, of which many can be held at once, mixes runs from everywhere, other ones for each seed.
    """
    rng = np.random.default_rng(seed)
    # The last run may be shorter; it comes last, so that all others stay whole within a window.
    whole, rest = divmod(count, run)
    runs = rng.permutation(whole)[:, None] * run + np.arange(run)
    order = np.concatenate([runs.ravel(), np.arange(whole * run, whole * run + rest)])
    return np.concatenate([rng.permutation(order[start : start + window]) for start in range(0, count, window)])
