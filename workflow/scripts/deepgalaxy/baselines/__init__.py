"""What the networks have to beat."""
