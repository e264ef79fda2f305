"""How well networks predict the properties of mergers besides the class, and what they have to beat."""
