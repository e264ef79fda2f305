"""What Snakemake says that it would do."""

import re


def planned(result):
    """The rules of which a dry run says that they would run."""
    assert result.returncode == 0, result.stdout + result.stderr
    return set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", result.stdout + result.stderr, re.MULTILINE))
