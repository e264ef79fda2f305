"""Lines of Markdown."""

import textwrap

WIDTH = 140


def wrapped(text: str, level: int | None = None) -> list[str]:
    """Return lines of a paragraph, or of an item of a list at some level."""
    start = "" if level is None else f"{'  ' * level}- "
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
