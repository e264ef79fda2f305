"""What jobs ask a batch system for."""


def scaled_by_attempt(amount: int, attempt: int, most: int) -> int:
    """Return what a job asks for at its ``attempt`` (from 1 on): ``amount`` times that, but not more than ``most``.

    What the first asks for is never cut, so that a job that is too large for the cluster is refused rather than killed.
    """
    return max(amount, min(amount * attempt, most))
