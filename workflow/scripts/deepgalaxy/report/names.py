"""Names that a reader would use, for what is named by its path or by its column."""

from collections.abc import Sequence

UNITS = {"_myr": " (Myr)", "_kpc": " (kpc)", "_deg": " (°)", "_seconds": " (s)", "_nats": " (nats)"}
"""Endings of the names of columns that are units."""

HEADINGS = {
    "images_per_second": "images/s",
    "measured_images_per_second": "measured images/s",
    "top5_accuracy": "top-5 accuracy",
    "coverage_68": "in 68 % interval",
    "coverage_90": "in 90 % interval",
    "conformal_coverage_68": "in calibrated 68 % interval",
    "conformal_coverage_90": "in calibrated 90 % interval",
    "scaled_coverage_68": "in scaled 68 % interval",
    "scaled_coverage_90": "in scaled 90 % interval",
    "width_68_myr": "width, 68 % (Myr)",
    "width_90_myr": "width, 90 % (Myr)",
    "scaled_width_68_myr": "scaled width, 68 % (Myr)",
    "scaled_width_90_myr": "scaled width, 90 % (Myr)",
    "conformal_width_68_myr": "calibrated width, 68 % (Myr)",
    "conformal_width_90_myr": "calibrated width, 90 % (Myr)",
    "error_16_myr": "16 % are off by less than (Myr)",
    "error_84_myr": "84 % are off by less than (Myr)",
    "median_error_floor_myr": "floor of the median error (Myr)",
    "auc_novelty": "area, by novelty",
    "auc_lone_probability": "area, by lone probability",
    "auc_class": "area, by the class",
    "mae": "mean difference",
    "worst_mae": "worst simulation's",
    "ssim": "structural similarity",
    "worst_ssim": "worst simulation's similarity",
    "psnr": "signal to noise (dB)",
    "auc": "area under the curve",
    "crps": "CRPS",
    "r2": "R²",
}
"""Columns whose names say too little, or too much."""


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return what to call each of some subjects in words: what tells it from the others, and the last of its names.

    A subject is a path of names and numbered things.

    >>> short_names(["sim/stages/small_cnn/workers~2/repeat~0"])
    {'sim/stages/small_cnn/workers~2/repeat~0': 'small cnn'}
    >>> list(short_names(["sim/a/cnn/workers~1/repeat~0", "sim/a/cnn/workers~2/repeat~0"]).values())
    ['cnn, 1 worker', 'cnn, 2 workers']
    """
    parts = {name: _parts(name) for name in names}
    kinds = {kind for own in parts.values() for kind in own}
    shared = {kind for kind in kinds if len({own.get(kind) for own in parts.values()}) == 1}
    short = {}
    for name, own in parts.items():
        last = [kind for kind in own if kind.startswith("/")][-1]
        short[name] = ", ".join(_say(kind, value) for kind, value in own.items() if kind == last or kind not in shared)
    return short


def _parts(name: str) -> dict[str, str]:
    """Return the parts of a path by what each is: its number among the plain names, or what is numbered."""
    parts: dict[str, str] = {}
    for part in name.split("/"):
        kind, numbered, value = part.partition("~")
        parts[kind if numbered else f"/{len(parts)}"] = value if numbered else part
    return parts


def _say(kind: str, value: str) -> str:
    """Return a part of a path in words."""
    if kind.startswith("/"):
        return value.replace("_", " ")
    if kind == "workers":
        return f"{value} worker{'s' if value != '1' else ''}"
    return f"all {kind}s" if value == "all" else f"{kind} {value}"


def heading(column: str) -> str:
    """Return what stands above a column of a table, with its unit.

    >>> heading("median_error_myr"), heading("conformal_coverage_68"), heading("images_per_second")
    ('median error (Myr)', 'in calibrated 68 % interval', 'images/s')
    """
    if column in HEADINGS:
        return HEADINGS[column]
    unit = next((unit for unit in UNITS if column.endswith(unit)), "")
    return column.removesuffix(unit).replace("_", " ") + UNITS.get(unit, "")
