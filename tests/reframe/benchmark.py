"""A test for ReFrame: the benchmark runs, is no worse than its reference, and each of its figures is logged.

reframe -c tests/reframe/benchmark.py -r, in an environment that has the workflow's packages as well; docs/benchmark.md.
"""

from pathlib import Path

import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import run_before, sanity_function, variable

CHECKOUT = Path(__file__).resolve().parents[2]
FIGURE = r"^FOM (?P<figure>\w+) (?P<value>\d[\d.]*(?:e[+-]\d+)?)$"
VERDICT = r"^BENCHMARK (?P<verdict>pass|no reference)$"


@rfm.simple_test
class DeepGalaxyBenchmark(rfm.RunOnlyRegressionTest):
    """`snakemake benchmark`, measured anew; -S checkout=DIR and -S profile=DIR set where and how it runs."""

    checkout = variable(str, value=str(CHECKOUT))
    profile = variable(str, value="profiles/local")
    valid_systems = ["*"]  # noqa: RUF012 - ReFrame takes no tuple
    valid_prog_environs = ["*"]  # noqa: RUF012
    sourcesdir = None
    executable = "snakemake"
    time_limit = "0d4h0m0s"

    @run_before("run")
    def set_commands(self):
        """Run in the checkout, and print the figures at the end."""
        self.prerun_cmds = [f"cd '{self.checkout}'"]
        self.executable_opts = ["benchmark", "--profile", self.profile]
        self.executable_opts += ["--forcerun", "train_to_target", "measure_latency"]
        self.postrun_cmds = ["cat results/benchmark/*/*/*/figures.txt"]

    @sanity_function
    def is_no_worse(self):
        """Hold the verdict to be no failure."""
        return sn.assert_found(VERDICT, self.stdout)

    @run_before("performance")
    def take_figures(self):
        """Log each figure that was measured."""
        printed = Path(self.stagedir, sn.evaluate(self.stdout))
        found = sn.evaluate(sn.extractall(FIGURE, printed, ("figure", "value"), (str, float)))
        self.perf_variables = {
            figure: sn.make_performance_function(sn.defer(value), unit_of(figure)) for figure, value in found
        }


def unit_of(figure):
    """Return the unit of a figure, which its name tells."""
    units = {"images_per_second": "images/s", "seconds": "s", "epochs": "epochs", "joules": "J", "latency": "ms"}
    return next(unit for name, unit in units.items() if figure.startswith(name))
