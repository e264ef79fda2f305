"""Images that were not simulated: read, prepared, classified, and compared with those that were."""
