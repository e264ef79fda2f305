"""Figures of merit: how fast a model is trained to a target and answers, and how that compares with a reference."""
