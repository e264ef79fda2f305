"""Snakemake that looks every second how jobs are: its plugin waits ten seconds longer each time that none has ended."""

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda _: 1, lambda *_: None)

if __name__ == "__main__":
    main()
