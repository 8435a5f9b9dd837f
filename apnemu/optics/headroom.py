"""What a ROADM attenuates anyway before a fibre, and may leave off for light that it has divided."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from apnemu.optics.equipment import Optics


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """In dB, for light that a transmitter adds and for light that passes."""

    added_db: float
    passed_db: float


def headroom(optics: Optics) -> Headroom:
    """Power that arrives, less the most that the ROADM loses, above the power that it hands on.

    A transmitter and a preamplifier both give the launch power, as GNPy takes them; both powers go by slot width, so
    the slot does not matter.
    """
    handed_on_dbm = 10 * log10(optics.roadm.out_mw_per_ghz_of_slot * optics.load.launch_slot_ghz)
    above_db = optics.load.launch_dbm - handed_on_dbm
    return Headroom(
        added_db=max(0.0, above_db - optics.roadm.add_loss_db),
        passed_db=max(0.0, above_db - optics.roadm.express_loss_db),
    )
