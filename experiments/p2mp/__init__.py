"""Light from a hub to many leaves: `question` holds the experiment, `moving` the stage in which subcarriers move."""

from apnemu.experiments.p2mp.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
