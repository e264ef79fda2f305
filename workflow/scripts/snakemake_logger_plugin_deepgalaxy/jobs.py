"""The jobs of a run: how many are done, which run, and how long the others will take."""

from collections import Counter, defaultdict
from collections.abc import Mapping


class Jobs:
    """What is known of the jobs of a run.

    All times are in seconds of the caller's clock. A job costs the time during which it runs, divided among the jobs
    that run side by side: so the costs of all jobs add up to the time that the run takes, whether a job takes one core
    or all of them. ``earlier_costs`` are those of an earlier run, by rule.
    """

    def __init__(self, planned: Mapping[str, int], earlier_costs: Mapping[str, float], now: float) -> None:
        self.planned = Counter(planned)
        self.failed: set[int] = set()
        self._done: dict[str, list[float]] = defaultdict(list)
        self._earlier = dict(earlier_costs)
        self._running: dict[int, str] = {}
        self._cost: dict[int, float] = {}
        self._now = now

    @property
    def done(self) -> int:
        """How many jobs have ended well."""
        return sum(map(len, self._done.values()))

    @property
    def total(self) -> int:
        """How many jobs there are."""
        return self.planned.total()

    def begin(self, job: int, rule: str, now: float) -> None:
        """Note that a job has begun, maybe not for the first time."""
        self._pass_to(now)
        self.failed.discard(job)
        self._running[job] = rule
        self._cost[job] = 0.0

    def finish(self, job: int, now: float) -> None:
        """Note that a job has ended well."""
        self._pass_to(now)
        if rule := self._running.pop(job, None):
            self._done[rule].append(self._cost.pop(job))

    def fail(self, job: int, now: float) -> None:
        """Note that a job has failed."""
        self._pass_to(now)
        self._running.pop(job, None)
        self.failed.add(job)

    def _pass_to(self, now: float) -> None:
        for job in self._running:
            self._cost[job] += (now - self._now) / len(self._running)
        self._now = now

    def costs(self) -> dict[str, float]:
        """Return the mean cost of a job of each rule: of those done, or else that of the earlier run, as many times as
        long as the jobs done have taken by now. It has no rule that never ran, and none before any job is done."""
        known = [rule for rule in self._done if rule in self._earlier]
        spent = sum(sum(self._done[rule]) for rule in known)
        expected = sum(len(self._done[rule]) * self._earlier[rule] for rule in known)
        scaled = {rule: cost * spent / expected for rule, cost in self._earlier.items()} if expected else {}
        return scaled | {rule: sum(costs) / len(costs) for rule, costs in self._done.items()}

    def time_left(self, now: float) -> tuple[float, bool]:
        """Return the time that those jobs will take that are not done, and whether that is all of them, or only those
        of rules whose costs are known."""
        self._pass_to(now)
        costs = self.costs()
        left = {rule: count - len(self._done.get(rule, ())) for rule, count in self.planned.items()}
        time = sum(count * costs.get(rule, 0.0) for rule, count in left.items())
        time -= sum(min(self._cost[job], costs.get(rule, 0.0)) for job, rule in self._running.items())
        return time, all(rule in costs for rule, count in left.items() if count)

    def describe(self, now: float) -> str:
        """Return one line: what runs, how many jobs are done, and how long the others will take.

        >>> jobs = Jobs({"train_model": 1, "plot_errors": 1}, {"train_model": 150, "plot_errors": 10}, now=0)
        >>> jobs.begin(1, "plot_errors", now=0)
        >>> jobs.finish(1, now=20)
        >>> jobs.begin(2, "train_model", now=20)
        >>> jobs.describe(now=80)
        'train model: 1 of 2 jobs done, about 4 min left'
        """
        running = set(self._running.values())
        stages = ", ".join(rule.replace("_", " ") for rule in self.planned if rule in running)
        count = f"{self.done} of {self.total} jobs done"
        time, complete = self.time_left(now)
        left = f"{'about' if complete else 'at least'} {say_time(time)} left" if time else ""
        return (f"{stages}: " if stages else "") + ", ".join(filter(None, (count, left)))


def say_time(seconds: float) -> str:
    """Return a time as precisely as an estimate is.

    >>> say_time(42), say_time(200), say_time(9000)
    ('1 min', '3 min', '2.5 h')
    """
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"
