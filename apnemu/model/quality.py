# SPDX-License-Identifier: BSD-3-Clause
"""Signal quality: how well light arrives over a route, and with what margin each transceiver mode receives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apnemu.model.spectrum import Bands, Slot

Route = tuple[str, ...]
"""Names of the fibres passed, in order; of a single fibre from its site `a`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Judgement of a mode over a route one way, in a band: GSNR and OSNR in 0.1 nm (12.5 GHz), with transmitter and
    ROADMs, all slots lit.

    `channels` are those that arrive, the centre n of each with its GSNR, lowest first; none where a table judges, which
    knows no channels. `gsnr_db` is the mean over the channels, as GNPy prints it, `worst_gsnr_db` the worst channel's.
    `need_db` is the mode's required OSNR, `penalty_db` what dispersion, PMD and PDL cost on top (infinite: beyond what
    the mode bears). `margin_db` is the least over the channels of GSNR - penalty - need, and `wanted_db` the least that
    is accepted. `beyond` says in words what the mode does not bear, such as "dispersion 25050 ps/nm of 20000".
    """

    mode: str
    gsnr_db: float
    worst_gsnr_db: float
    osnr_ase_db: float
    need_db: float
    penalty_db: float
    margin_db: float
    wanted_db: float
    beyond: tuple[str, ...] = ()
    channels: tuple[tuple[int, float], ...] = ()

    def has(self, slot: Slot) -> bool:
        """Whether light in a slot arrives."""
        return not self.channels or any(n == slot.n for n, _ in self.channels)

    def of(self, slot: Slot) -> float:
        """GSNR of the channel in a slot; the mean where no channels are told."""
        return next((gsnr_db for n, gsnr_db in self.channels if n == slot.n), self.gsnr_db)

    @property
    def missing_db(self) -> float:
        """Shortfall of the margin below the wanted one; 0 or less where the mode closes."""
        return self.wanted_db - self.margin_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A route under full load.

    `verdicts` has one of each mode and band in which light arrives, `back` the same of the way back (empty: as there).
    A mode in `dark` has no slot that arrives: the route carries only `bands` of the plant's spectrum. `stopped` says in
    words why light does not pass at all, where the plant itself stops it.
    `delay_ns` is one way: add, fibres with their amplifiers, ROADMs passed, drop; a mode's FEC is not in it.
    Dispersion, PMD and PDL are those of the worst channel. `weak_db` says by how much light comes to a ROADM below the
    power that this ROADM must hand on, at the worst of them (0: at none); a weak route closes with no mode.
    """

    route: Route
    length_km: float
    delay_ns: int
    dispersion_ps_per_nm: float
    pmd_ps: float
    pdl_db: float
    weak_db: float
    verdicts: tuple[Verdict, ...]
    back: tuple[Verdict, ...] = ()
    dark: tuple[str, ...] = ()
    bands: Bands = ()
    stopped: str = ""
    source: str = ""
    """Site at which the way there begins; none where a table judges."""

    def verdict(self, mode: str, slot: Slot | None = None, *, back: bool = False) -> Verdict:
        """Verdict of a mode over the route, there or back; without a slot that of the band with the greatest margin.

        Raises:
            KeyError: the mode was not judged, or does not arrive in the slot.
        """
        ways = self.back if back and self.back else self.verdicts
        found = [each for each in ways if each.mode == mode and (slot is None or each.has(slot))]
        if not found:
            raise KeyError(mode)
        return max(found, key=lambda each: each.margin_db)

    def closes(self, mode: str, slot: Slot | None = None) -> bool:
        """Whether the mode has the wanted margin over this route, both ways: in a slot, or in any.

        Raises:
            KeyError: the mode was not judged.
        """
        if mode in self.dark:
            return False
        own = [each for each in self.verdicts if each.mode == mode]
        if not own:
            raise KeyError(mode)
        slots = (
            [Slot(n=each.channels[0][0], m=1) if each.channels else None for each in own] if slot is None else [slot]
        )
        return self.weak_db == 0 and not self.stopped and any(self._closes(mode, each) for each in slots)

    def _closes(self, mode: str, slot: Slot | None) -> bool:
        try:
            return all(self.verdict(mode, slot, back=back).missing_db <= 0 for back in (False, True))
        except KeyError:
            return False


Judge = Callable[[Route], Quality]
"""A function that judges a route: GNPy behind a cache, or a table in tests."""
