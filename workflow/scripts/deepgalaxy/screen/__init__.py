"""What a run shows while it runs: one line, below what its jobs say."""
