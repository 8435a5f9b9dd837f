"""What an experiment is, and what experiments have in common."""
