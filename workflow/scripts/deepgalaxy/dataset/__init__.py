"""Datasets of images: the published layout and its cameras, getting a file, and what it holds."""
