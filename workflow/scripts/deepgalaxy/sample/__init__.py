"""A labelled selection of a dataset's images, split and prepared for a network."""
