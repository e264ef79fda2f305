"""Training throughput, how it scales with the number of workers, and a model of that."""
