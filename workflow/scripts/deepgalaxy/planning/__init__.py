"""What the configuration asks for: its check, the runs that follow from it, and digests of code."""
