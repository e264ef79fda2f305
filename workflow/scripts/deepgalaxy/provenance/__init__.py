"""What each result was made from and how, for people and for machines."""
