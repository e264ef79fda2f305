"""What the configuration asks for, digests of the code that does it, and how processes find that code."""
