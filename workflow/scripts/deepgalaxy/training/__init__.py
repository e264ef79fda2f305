"""Training on one process or many; ``python -m deepgalaxy.train`` is its command line."""
