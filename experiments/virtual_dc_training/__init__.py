"""Training over several data centres: `question` holds the experiment, `gloo` the comparison with torch.distributed."""

from apnemu.experiments.virtual_dc_training.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
