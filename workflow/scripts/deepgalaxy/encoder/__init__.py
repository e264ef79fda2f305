"""The paper's encoder-decoder: activation maps, a variational vector of them, and the search for similar images."""
