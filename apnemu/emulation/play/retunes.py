# SPDX-License-Identifier: BSD-3-Clause
"""Transceivers that change their rate while frames go."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from apnemu.emulation import shaping
from apnemu.emulation.loop import Loop
from apnemu.emulation.play.playing import Playing
from apnemu.model.activities import Retune
from apnemu.units import gbps_to_bytes_per_s


class Retunes(Playing):
    """Plays the retunes of a stage. Lines stay as they were set last when it is over."""

    def start(self, loop: Loop, start_ns: int) -> int:
        for retune in self.stage.of(Retune):
            loop.at(start_ns + retune.at_ns, partial(self._retune, retune))
        return 0

    def _retune(self, retune: Retune) -> None:
        """Set the lines of all transceivers of the light."""
        net = self.scene.net
        for end in (wire.a for wire in self.scene.blueprint.wires if wire.light == retune.light):
            netlink, index = net.netlink(end.node), net.index(end)
            rate_bytes_per_s = gbps_to_bytes_per_s(retune.rate_gbps) or end.sends.rate_bytes_per_s
            line = replace(end.sends, rate_bytes_per_s=rate_bytes_per_s)
            shaping.change_rate(netlink, index, line)
            shaping.lose_all(netlink, index, line, lost=not retune.rate_gbps)
            netlink.flush()
