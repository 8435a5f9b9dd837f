"""One question per file: inputs, the answer expected before the run, tolerance. No algorithm.

`apnemu run NAME` plays `experiments/NAME.py`, or any file that holds a value `EXPERIMENT`.
"""
