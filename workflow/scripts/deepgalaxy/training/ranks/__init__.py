"""The processes that train one model together: where they run, what they exchange, how they stop."""
