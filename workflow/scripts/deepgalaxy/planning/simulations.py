"""The simulations that the configuration asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from deepgalaxy.dataset.layout import group_name, parse_group_name
from deepgalaxy.planning.configuration import in_order
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.model import GalaxyModel
from deepgalaxy.simulation.orbit import Pair, require_way_back


def index_simulations(dataset: dict, seed: int) -> dict[str, dict]:
    """Return the simulations of a dataset by their group names: its mergers, then its lone galaxies.

    Each has ``size_ratio``, ``mass_ratio``, ``seed`` and what else ``deepgalaxy.simulation.simulate`` takes. A seed
    that is not in the list of mergers is derived from the configuration's ``seed`` and the group's name.

    Raises ValueError, with a line for each of them, if two mergers have the same ratios, since they would have the same
    name; if a name cannot hold a ratio; if the orbit of a listed merger cannot be followed back for ``approach_myr``;
    or if a draw is not possible.
    """
    simulations: dict[str, dict] = {}
    mistakes: list[str] = []
    mergers, isolated = dataset["mergers"], dataset.get("isolated")
    if isinstance(mergers, list):
        for merger in mergers:
            with _noted(mistakes):
                name = _name(merger)
                if name in simulations:
                    raise ValueError(f"Merger {name} is listed twice; a dataset holds each pair of ratios once.")
                simulations[name] = merger  # so that its name is taken, also if it cannot begin
                simulations[name] = _with_encounter(merger, name, dataset["encounter"], seed)
    else:
        from deepgalaxy.planning.draw import draw_mergers  # which imports SciPy, and so takes long

        with _noted(mistakes):
            for merger in draw_mergers(mergers, seed):
                name = _name(merger)
                simulations[name] = {"seed": derive_seed(seed, "merger", name)} | merger
    if isolated:
        from deepgalaxy.planning.draw import draw_isolated  # likewise

        with _noted(mistakes):
            for name, galaxy in draw_isolated(isolated, seed).items():
                simulations[name] = {"seed": derive_seed(seed, "isolated", name)} | galaxy
    if mistakes:
        raise ValueError("\n".join(dict.fromkeys(mistakes)))
    return {name: in_order(simulation) for name, simulation in simulations.items()}


@contextmanager
def _noted(mistakes: list[str]) -> Iterator[None]:
    """Add what a ValueError says to ``mistakes``, and go on after the block."""
    try:
        yield
    except ValueError as error:
        mistakes.append(str(error))


def _with_encounter(merger: dict, name: str, encounter: dict, seed: int) -> dict:
    """Return a merger of a list with its seed and its variation of ``encounter``; raise ValueError if it cannot begin
    in time."""
    seeded = {"seed": derive_seed(seed, "merger", name)} | merger
    spread = {key: encounter[key] for key in ("orbit_spread", "spin_spread_deg")}
    mean = Encounter(**{key: value for key, value in encounter.items() if key not in spread})
    varied = mean.varied(**spread, seed=derive_seed(seeded["seed"], "encounter"))
    try:
        require_way_back(Pair(GalaxyModel(), merger["size_ratio"], merger["mass_ratio"]), varied)
    except ValueError as error:
        raise ValueError(f"Merger {name} cannot begin: {error}") from None
    return seeded | {"encounter": asdict(varied)}


def _name(merger: dict) -> str:
    """Return the group of a merger; raise ValueError if its ratios cannot be read from it again."""
    ratios = merger["size_ratio"], merger["mass_ratio"]
    name = group_name(*ratios)
    try:
        readable = parse_group_name(name) == ratios
    except ValueError:
        readable = False
    if not readable:
        raise ValueError(
            f"The merger with size_ratio {ratios[0]} and mass_ratio {ratios[1]} would be named {name}, which does not"
            " hold its ratios; give them no more than six digits, and none below 0.0001."
        )
    return name
