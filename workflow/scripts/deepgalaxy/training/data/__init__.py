"""The images that each rank trains on: dealt out, held or streamed, augmented."""
