"""Which epochs of a run tell its throughput."""

from collections.abc import Sequence

WARM_UP_EPOCHS = 3
"""DeepGalaxy's README reads the throughput after the third epoch, when tracing and caches are warm."""


def after_warm_up(epochs: Sequence) -> Sequence:
    """Return the epochs after the third; of no more than three, those after the first; of one, that one."""
    return epochs[WARM_UP_EPOCHS if len(epochs) > WARM_UP_EPOCHS else min(1, len(epochs) - 1) :]


def length_of_study_run(repeats: int, epochs: int) -> int:
    """Return the epochs of a run that is warmed up once, and then measured ``repeats`` times for ``epochs`` each."""
    return WARM_UP_EPOCHS + repeats * epochs


def split_repeats(epochs: Sequence, repeats: int) -> list[Sequence]:
    """Return the epochs of each repeat of such a run.

    Raises ValueError if they are not as many in each of them.
    """
    measured = epochs[WARM_UP_EPOCHS:]
    each, left_over = divmod(len(measured), repeats)
    if left_over or not each:
        raise ValueError(
            f"A run of {len(epochs)} epochs is not {repeats} repeat(s) of the same length after {WARM_UP_EPOCHS} of"
            " warm-up; delete it to repeat the run."
        )
    return [measured[start : start + each] for start in range(0, len(measured), each)]
