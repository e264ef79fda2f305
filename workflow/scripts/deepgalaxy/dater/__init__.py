"""A trained network with all that it takes to date an image, in one file; and what comes of it."""
