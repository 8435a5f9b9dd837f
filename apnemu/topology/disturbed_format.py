# SPDX-License-Identifier: BSD-3-Clause
"""The keys of what somebody measured of a fibre, or of the packet network's line over it, as `format.py` does it."""

from __future__ import annotations

from dataclasses import replace

from apnemu.model.plant import LeasedLine
from apnemu.topology.shapes import ByWay, Choice, Number, Record, may
from apnemu.units import us_to_ns

FIBRE_DELAY_NS = Number(
    above=True, high=1_000_000_000, decimals=0, hint="give the measured delay one way in whole nanoseconds"
)
LOSS = Number(
    high=0.9,
    hint="give the probability that a frame is lost, for example 0.0001; what loses all is cut in a scenario",
)
JITTER_US = Number(high=1_000_000, decimals=3, in_ns=us_to_ns, hint="give microseconds, down to 0.001 (one nanosecond)")
JITTER = Choice(
    words=("uniform", "normal"), hint="uniform is within jitter_us on either side, normal has it as deviation"
)
DISTURBED = {
    "delay_ns": may(
        ByWay(each=FIBRE_DELAY_NS),
        "mean delay as somebody measured it, both ways or {out: ..., back: ...}; it holds in place of what length,"
        " group index and amplifiers say",
        otherwise="from the length",
        fills="delay_ns back_delay_ns",
    ),
    "loss": may(
        ByWay(each=LOSS),
        "share of frames that are lost, each by a draw of its own",
        otherwise="0",
        fills="loss back_loss",
    ),
    "jitter_us": may(
        ByWay(each=JITTER_US),
        "how far the delay of each frame varies about its mean; no frame overtakes another",
        otherwise="0",
        fills="jitter_ns back_jitter_ns",
    ),
    "jitter": may(JITTER, "distribution of the delay; normal is cut at 3.7 deviations", otherwise="uniform"),
}
"""What is measured of a fibre, or of the packet network's line over it, beside its length."""
LINE = Record(
    makes=LeasedLine,
    meaning="What the packet network's line over a fibre has in place of the fibre's own.",
    keys={name: replace(key, otherwise="the fibre's own") for name, key in DISTURBED.items()},
    hint="write for example line: {loss: 0.001}",
)
