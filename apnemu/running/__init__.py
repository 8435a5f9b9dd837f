"""One run, from what was asked to what was seen."""
