"""Snakemake's plugin for ``--logger deepgalaxy``: one line of progress instead of a block for each job.

Jobs say on the screen what they always do; of Snakemake's own messages, warnings and errors are shown there, and all
are in its log file under ``.snakemake/log/``. A dry run shows what it always does.

Snakemake imports this before it reads any Snakefile, wherever that is. So nothing here imports the package
``deepgalaxy``: a Snakefile takes its own, not the one that lies beside this.
"""

import atexit
import json
import signal
import sys
import time
from contextlib import suppress
from logging import WARNING, LogRecord
from pathlib import Path
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_deepgalaxy.bottom_line import Screen
from snakemake_logger_plugin_deepgalaxy.jobs import Jobs, say_time

COSTS = Path(".snakemake/deepgalaxy_costs.json")
"""What a job of each rule cost in the latest run, in seconds; relative to the directory that Snakemake runs in."""

DEMONSTRATION_COSTS = Path(__file__).with_name("demonstration_costs.json")
"""The same of a run of the demonstration on two cores, where there is no earlier run."""

ALREADY_SAID = (
    "WorkflowError:\nAt least one job did not complete successfully.",
    "Exiting because a job execution failed. Look above for error messages",
)


class LogHandler(LogHandlerBase):
    """Shows the records of one run of Snakemake."""

    def __post_init__(self) -> None:
        """Take over the screen."""
        self.begun = time.monotonic()
        self.jobs = Jobs({}, {}, self.begun)
        self.interrupted = False
        self.sentences: list[str] = []  # of jobs that failed
        self.screen: Screen | None = None
        if not self.common_settings.dryrun:
            self.screen = Screen(self.line, self.wanted)
            atexit.register(self.close)
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, self.interrupt)

    writes_to_stream = property(lambda self: not self.common_settings.dryrun)
    writes_to_file = has_filter = has_formatter = needs_rulegraph = property(lambda _: False)

    def interrupt(self, _number: int, _frame: Any) -> None:
        """End on Ctrl-C, as the jobs do.

        Once jobs run, Snakemake takes SystemExit for KeyboardInterrupt. Before that, it leaves no traceback.
        """
        self.interrupted = True
        sys.exit(1)

    def line(self) -> str:
        """Return the line at the bottom of the screen."""
        if not self.jobs.total:
            return "stopping" if self.interrupted else "looking for what there is to do"
        if self.interrupted:
            return "stopping; a training saves a checkpoint first"
        return self.jobs.describe(time.monotonic())

    def wanted(self, line: str) -> bool:
        """Return whether a line of a job is shown: not what it says of Ctrl-C, which this process does, for all."""
        if "(traceback: " in line:
            self.sentences.append(line)
        return not self.interrupted and "stopped by SIGINT" not in line

    def emit(self, record: LogRecord) -> None:
        """Take note of a record, and show it if a person should see it."""
        if self.screen is None:
            return
        with self.screen.lock:
            self.screen.catch_up()
            event, now = getattr(record, "event", None), time.monotonic()
            if event == LogEvent.RUN_INFO:
                planned = {rule: count for rule, count in record.stats.items() if rule != "total"}  # type: ignore[attr-defined]
                self.jobs = Jobs(planned, read_costs(), now)
            elif event == LogEvent.JOB_INFO:
                self.jobs.begin(record.jobid, record.rule_name, now)  # type: ignore[attr-defined]
            elif event == LogEvent.JOB_FINISHED:
                self.finish(record.job_id, now)  # type: ignore[attr-defined]
            elif event == LogEvent.JOB_ERROR:
                self.fail(record, now)
            elif not self.interrupted and self.tells_something(record):
                self.screen.say(self.format(record))

    def finish(self, job: int, now: float) -> None:
        """Note the end of a job; where there is no line at the bottom, say so after each tenth of all."""
        before = self.jobs.done
        self.jobs.finish(job, now)
        tenths = [10 * done // max(self.jobs.total, 1) for done in (before, self.jobs.done)]
        if self.screen and not self.screen.on_terminal and tenths[0] < tenths[1] < 10:
            self.screen.say(self.jobs.describe(now))

    def fail(self, record: Any, now: float) -> None:
        """Note that a job failed, and say so if it has not done so itself."""
        self.jobs.fail(record.jobid, now)
        said = [line for line in self.sentences if any(f"(traceback: {log})" in line for log in record.log)]
        self.sentences = [line for line in self.sentences if line not in said]
        if self.screen and not said and not self.interrupted:
            where = ", ".join(record.log) or "Snakemake's log file under .snakemake/log"
            self.screen.say(f"{record.rule_name} failed; see {where}")

    def tells_something(self, record: LogRecord) -> bool:
        """Return whether a record that is about no job is shown: a warning, an error that is not that of a job, or that
        there is nothing to do."""
        message = record.getMessage()
        if getattr(record, "exception", None) == "RuleException" or message in ALREADY_SAID:
            return False
        if message == NOTHING_TO_BE_DONE_MSG:
            return True
        return record.levelno >= WARNING and getattr(record, "event", None) in (None, LogEvent.ERROR)

    def close(self) -> None:
        """Give the screen back, and say in one sentence how the run ended; nothing if there was nothing to do."""
        if self.screen is not None:
            self.screen.close()
            self.screen = None
            atexit.unregister(self.close)
            if sentence := self.conclusion(time.monotonic()):
                print(sentence, file=sys.stderr)
            if self.jobs.done:
                write_costs(self.jobs.costs())
        super().close()

    def conclusion(self, now: float) -> str:
        """Return in one sentence how the run ended, or an empty text."""
        done = f"{self.jobs.done} of {self.jobs.total} jobs"
        if self.interrupted and not self.jobs.total:
            return "Stopped before anything was done."
        if self.interrupted:
            return f"Stopped with {done} done; run again, and it goes on from there."
        if self.jobs.failed:
            return f"{len(self.jobs.failed)} failed, {done} are done; see above, mend it, and run again."
        return f"{done} done in {say_time(now - self.begun)}." if self.jobs.total else ""


def read_costs() -> dict[str, float]:
    """Return what COSTS says, or DEMONSTRATION_COSTS if that cannot be read."""
    try:
        return json.loads(COSTS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return json.loads(DEMONSTRATION_COSTS.read_text(encoding="utf-8"))


def write_costs(costs: dict[str, float]) -> None:
    """Replace COSTS, if that can be done."""
    new = COSTS.with_suffix(".new")
    with suppress(OSError):
        new.write_text(json.dumps(costs, indent=2) + "\n", encoding="utf-8")
        new.replace(COSTS)
