"""What the configuration asks for: its check, the runs that follow from it, and the digests of the code that makes them."""
