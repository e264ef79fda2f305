"""What a trained model gives for images it has never seen, and how good that is."""
