"""What the DeepGalaxy paper says of its encoder-decoder, compared with the tables of the encoders trained here.

Each claim is held against what needs no network: a good reconstruction or a well ordered map is no evidence for an
encoder if principal components of the pixels give as good a one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.folds import whole_samples
from deepgalaxy.evaluation.verdicts import AT_SMALL_SCALE, NOT_BORNE_OUT, NOT_TRIED, REPRODUCED, UNDECIDED

ENCODER = ["dataset", "sample", "encoder", "workers", "repeat"]
"""The columns that say which encoder a row of a table is of."""
ALIKE_SSIM = 0.95
"""An image has come back if its structural similarity to the original is at least this in every test simulation."""
LEAST_RATE_NATS = 1.0
STATISTICS, VECTOR = "statistics", "vector"
ACROSS_LINES = "other mergers and lines of sight"
NO_ENCODER = "No encoder is among those of this experiment (`experiment: encoders`)."


@dataclass(frozen=True)
class EncoderTables:
    """The tables of all encoders, each with the columns of ENCODER; without rows if there are no encoders.

    ``reconstruction`` has the columns of ``tabulate_reconstruction``; ``latent`` has those of ``tabulate_retrieval``,
    and in all rows of a space its ``dimensions``, ``map_purity`` and ``chance_purity``, and of the vector ``rate_nats``
    and ``active_units``. ``on_maps`` has for each model that classifies frozen activation maps,
    by name, the models that were trained end to end with the same backbone.
    """

    reconstruction: pd.DataFrame
    latent: pd.DataFrame
    on_maps: Mapping[str, list[str]]


Judged = tuple[str, str]
"""A verdict on one encoder, of the three that results can give, and the figures that it follows from."""
BETTER, WORSE, OPEN = "better", "not better", "open"


def judge_encoders(tables: EncoderTables, skill: pd.DataFrame, published: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield for each claim of the paper about its encoder-decoder the claim, a verdict, and the evidence.

    ``skill`` has a row for each run, as ``measure_skill`` gives it, and ``published`` names the datasets that were not
    simulated here. Where one of several encoders speaks against a claim, it is not borne out.
    """
    claims: dict[str, Callable[[EncoderTables, tuple], Judged]] = {
        "A convolutional autoencoder makes activation maps from which the image comes back.": _judge_maps,
        "A variational autoencoder compresses these maps into a vector.": _judge_vector,
        "The latent space is ordered by the stage of the merger.": _judge_order,
        "Images of similar mergers are close in the latent space of an encoder-decoder.": _judge_similarity,
    }
    names = (
        list(tables.reconstruction[ENCODER].itertuples(index=False, name=None)) if len(tables.reconstruction) else []
    )
    names = list(dict.fromkeys(names))
    for claim, judge in claims.items():
        yield claim, *_together([(name[0], *judge(tables, name)) for name in names], published)
    yield (
        "A classifier makes labels from the activation maps.",
        *_together(list(_judge_classifiers(tables, skill)), published, "No model of this experiment classifies them."),
    )


def _together(judged: list[tuple[str, str, str]], published: set[str], without: str = NO_ENCODER) -> Judged:
    """Return a verdict on all of what was judged, each a dataset, one of BETTER, WORSE and OPEN, and its evidence."""
    real = [row for row in judged if row[0] in published]
    judged = real or judged
    if not judged:
        return NOT_TRIED, without
    found = {verdict for _, verdict, _ in judged}
    evidence = " ".join(dict.fromkeys(text for _, _, text in judged))
    if WORSE in found:
        return NOT_BORNE_OUT, evidence
    if OPEN in found:
        return UNDECIDED, evidence
    return (REPRODUCED if real else AT_SMALL_SCALE), evidence


def _rows(table: pd.DataFrame, name: tuple, index: str) -> pd.DataFrame:
    """Return the rows of an encoder by what is in the column ``index``."""
    return table[(table[ENCODER].astype(str) == list(map(str, name))).all(axis=1)].set_index(index)


def _spaces(tables: EncoderTables, name: tuple) -> pd.DataFrame:
    """Return what is the same in all rows of a space, by its name."""
    return _rows(tables.latent.drop_duplicates([*ENCODER, "space"]), name, "space")


def _say(row: pd.Series, column: str, digits: int, ending: str = "") -> str:
    """Return a number of a row with its interval, if it has one."""
    stem = column.removesuffix(ending)
    low, high = (row.get(f"{stem}_{limit}{ending}") for limit in ("low", "high"))
    interval = "" if pd.isna(low) or pd.isna(high) else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{row[column]:.{digits}f}{interval}"


def _compare(ours: pd.Series, others: pd.DataFrame, column: str, larger: bool) -> str:
    """Return whether a number is better than the best of the others: BETTER if its interval and that one's lie apart,
    WORSE if it is not better at all, and OPEN otherwise, or if it has no interval."""
    if pd.isna(ours.get(f"{column}_low", np.nan)):
        return OPEN
    sign = 1 if larger else -1
    best = others.loc[(sign * others[column]).idxmax()]
    if sign * ours[column] <= sign * best[column]:
        return WORSE
    nearest, limit = ("low", "high") if larger else ("high", "low")
    apart = sign * ours.get(f"{column}_{nearest}", np.nan) > sign * best.get(f"{column}_{limit}", np.nan)
    return BETTER if apart else OPEN


def _both(*verdicts: str) -> str:
    return next((verdict for verdict in (WORSE, OPEN) if verdict in verdicts), BETTER)


def _most_components(table: pd.DataFrame) -> str:
    """Return the name of the row of the most principal components."""
    return max((name for name in table.index if name.startswith("pca_")), key=lambda name: int(name[4:]))


def _judge_maps(tables: EncoderTables, name: tuple) -> Judged:
    table = _rows(tables.reconstruction, name, "reconstruction")
    ours, more = table.loc["autoencoder"], _most_components(table)
    verdict = _compare(ours, table.loc[[more, "nearest_image", "mean_image"]], "mae", larger=False)
    if pd.notna(ours["mae_low"]) and ours["worst_ssim"] < ALIKE_SSIM:
        verdict = WORSE
    return verdict, (
        f"{name[2]}: mean absolute difference {_say(ours, 'mae', 4)} over {ours['simulations']} test"
        f" simulation{'s' if ours['simulations'] != 1 else ''}, against"
        f" {_say(table.loc[more], 'mae', 4)} from {more[4:]} principal components (the maps hold more numbers than"
        f" that) and {_say(table.loc['nearest_image'], 'mae', 4)} of the nearest training image; structural similarity"
        f" {ours['ssim']:.3f}, in the worst simulation {ours['worst_ssim']:.3f} ({ALIKE_SSIM} is asked for)."
    )


def _judge_vector(tables: EncoderTables, name: tuple) -> Judged:
    table, spaces = _rows(tables.reconstruction, name, "reconstruction"), _spaces(tables, name)
    ours, vector = table.loc["variational"], spaces.loc[VECTOR]
    as_many = f"pca_{vector['dimensions']:.0f}"
    verdict = _compare(ours, table.loc[[as_many, "nearest_image"]], "mae", larger=False)
    if pd.notna(ours["mae_low"]) and (
        vector["active_units"] < vector["dimensions"] / 2 or vector["rate_nats"] <= LEAST_RATE_NATS
    ):
        verdict = WORSE
    return verdict, (
        f"{name[2]}: {vector['active_units']:.0f} of {vector['dimensions']:.0f} numbers in use,"
        f" {vector['rate_nats']:.0f} nats an image; mean absolute difference of the image {_say(ours, 'mae', 4)},"
        f" against {_say(table.loc[as_many], 'mae', 4)} from {as_many[4:]} principal components and"
        f" {_say(table.loc['nearest_image'], 'mae', 4)} of the nearest training image."
    )


def _judge_order(tables: EncoderTables, name: tuple) -> Judged:
    spaces = _spaces(tables, name)
    components = _most_components(spaces)
    ours, others = spaces.loc[VECTOR], spaces.loc[[components, STATISTICS]]
    return _compare(ours, others, "map_purity", larger=True), (
        f"{name[2]}: of the nearest points in a map of the vector, a share of {_say(ours, 'map_purity', 2)} are of"
        f" the same part of time; {_say(others.loc[components], 'map_purity', 2)} in one of principal components"
        f" of the pixels, {_say(others.loc[STATISTICS], 'map_purity', 2)} in one of five statistics,"
        f" {ours['chance_purity']:.2f} if times are shuffled."
    )


def _judge_similarity(tables: EncoderTables, name: tuple) -> Judged:
    latent = _rows(tables.latent, name, "space")
    there = latent[(latent["gallery"] == ACROSS_LINES) & (latent["phase"].astype(str) == "all")]
    if VECTOR not in there.index:
        return OPEN, f"{name[2]}: too few images are of {ACROSS_LINES}."
    components = _most_components(there)
    ours, others = there.loc[VECTOR], there.loc[[components, STATISTICS]]
    supervised = [space for space in there.index if str(space).startswith("features")]
    beside = "".join(f", {_say(there.loc[space], 'share_within', 2)} by the {space}" for space in supervised)
    return _compare(ours, others, "share_within", larger=True), (
        f"{name[2]}: of the five nearest training images of other mergers and other lines of sight, a share of"
        f" {_say(ours, 'share_within', 2)} are within 15 Myr by the vector,"
        f" {_say(others.loc[components], 'share_within', 2)} by principal components of the pixels,"
        f" {_say(others.loc[STATISTICS], 'share_within', 2)} by five statistics{beside}; median difference"
        f" {ours['median_difference_myr']:.0f} Myr by the vector."
    )


def _judge_classifiers(tables: EncoderTables, skill: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield what is judged of each run of a model on frozen maps, beside those end to end with the same backbone."""
    skill = whole_samples(skill)
    for run in skill[skill["model"].isin(list(tables.on_maps))].to_dict("records"):
        gain, low = run["median_error_gain_myr"], run["median_error_gain_low_myr"]
        verdict = OPEN if pd.isna(low) else WORSE if gain <= 0 else BETTER if low > 0 else OPEN
        alike = skill["model"].isin(tables.on_maps[run["model"]])
        for column in ("dataset", "sample", "fold", "workers", "repeat"):
            alike &= skill[column].map(str) == str(run[column])
        beside = "".join(
            f", {other['median_error_myr']:.0f} Myr by {other['model']}, trained end to end"
            for other in skill[alike].to_dict("records")
        )
        yield (
            run["dataset"],
            verdict,
            (
                f"{run['model']} on {run['sample']}: median error {run['median_error_myr']:.0f} Myr, against"
                f" {run['strongest_median_error_myr']:.0f} Myr by the strongest baseline{beside}."
            ),
        )
