"""The jobs that a batch system runs: their size, what they ask for, and how ranks are started and stopped."""
