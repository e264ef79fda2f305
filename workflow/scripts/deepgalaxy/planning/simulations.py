"""The simulations that the configuration asks for."""

from dataclasses import asdict

from deepgalaxy.dataset.layout import group_name, parse_group_name
from deepgalaxy.planning.configuration import in_order
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.model import GalaxyModel


def index_simulations(dataset: dict, seed: int) -> dict[str, dict]:
    """Return the simulations of a dataset by their group names: its mergers, then its lone galaxies.

    Each has ``size_ratio``, ``mass_ratio``, ``seed`` and what else ``deepgalaxy.simulation.simulate`` takes. A seed
    that is not in the list of mergers is derived from the configuration's ``seed`` and the group's name.

    Raises ValueError if two mergers have the same ratios, since they would have the same name; if a name cannot hold a
    ratio; if the orbit of a listed merger cannot be followed back for ``approach_myr``; or if a draw is not possible.
    """
    simulations: dict[str, dict] = {}
    for merger in _mergers(dataset, seed):
        name = _name(merger)
        if name in simulations:
            raise ValueError(f"The configuration lists merger {name} twice; a dataset holds each pair of ratios once.")
        simulations[name] = {"seed": derive_seed(seed, "merger", name)} | merger
    for name, galaxy in _isolated(dataset, seed).items():
        simulations[name] = {"seed": derive_seed(seed, "isolated", name)} | galaxy
    return {name: in_order(simulation) for name, simulation in simulations.items()}


def _mergers(dataset: dict, seed: int) -> list[dict]:
    """Return the mergers of a dataset, from its list or drawn, each with its ``encounter``."""
    mergers = dataset["mergers"]
    if isinstance(mergers, list):
        spread = {name: dataset["encounter"][name] for name in ("orbit_spread", "spin_spread_deg")}
        encounter = Encounter(**{name: value for name, value in dataset["encounter"].items() if name not in spread})
        seeded = [{"seed": derive_seed(seed, "merger", _name(merger))} | merger for merger in mergers]
        return [_with_encounter(merger, encounter, spread) for merger in seeded]
    from deepgalaxy.planning.draw import draw_mergers  # which imports SciPy, and so takes long

    return draw_mergers(mergers, seed)


def _with_encounter(merger: dict, encounter: Encounter, spread: dict) -> dict:
    """Return a merger of a list with its variation of ``encounter``; raise ValueError if it cannot begin in time."""
    from deepgalaxy.simulation.orbit import Pair, starting_distance  # likewise

    varied = encounter.varied(**spread, seed=derive_seed(merger["seed"], "encounter"))
    try:
        starting_distance(Pair(GalaxyModel(), merger["size_ratio"], merger["mass_ratio"]), varied)
    except ValueError as error:
        raise ValueError(f"Merger {_name(merger)} cannot begin: {error}") from None
    return merger | {"encounter": asdict(varied)}


def _isolated(dataset: dict, seed: int) -> dict[str, dict]:
    """Return the lone galaxies of a dataset by group name."""
    if "isolated" not in dataset:
        return {}
    from deepgalaxy.planning.draw import draw_isolated  # likewise

    return draw_isolated(dataset["isolated"], seed)


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
