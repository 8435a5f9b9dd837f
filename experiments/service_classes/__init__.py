# SPDX-License-Identifier: BSD-3-Clause
"""Classes of service and ways to serve them: `question` the experiment, `ways` what each takes, `shown` the matrix."""

from apnemu.experiments.service_classes.question import EXPERIMENT, computed

__all__ = ["EXPERIMENT", "computed"]
