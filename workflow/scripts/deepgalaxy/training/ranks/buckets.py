"""How gradients are grouped for the exchange between ranks."""

from collections.abc import Sequence


def buckets(sizes: Sequence[int], bucket_bytes: float) -> list[list[int]]:
    """Return the places of tensors of ``sizes`` bytes in groups to be exchanged together, from the last to the first.

    A group is closed once it holds ``bucket_bytes``; 0 means a single group. The backward pass makes the gradients of
    the last layers first, so that each group but the last can travel while it still runs (Li et al. 2020, PVLDB 13,
    3005, section 3.2).
    """
    groups: list[list[int]] = [[]]
    held = 0
    for place in reversed(range(len(sizes))):
        if bucket_bytes and held >= bucket_bytes:
            groups.append([])
            held = 0
        groups[-1].append(place)
        held += sizes[place]
    return groups
