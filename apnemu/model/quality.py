# SPDX-License-Identifier: BSD-3-Clause
"""Signal quality: how well light arrives over a route, and with what margin each transceiver mode receives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Route = tuple[str, ...]
"""Names of the fibres passed, in order. A pair's two fibres are alike, so both directions have the same quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Judgement of a mode over a route: GSNR and OSNR in 0.1 nm (12.5 GHz), with transmitter and ROADMs, all slots lit.

    `gsnr_db` is the mean over the channels, as GNPy prints it, `worst_gsnr_db` the worst channel's. `need_db` is the
    mode's required OSNR, `penalty_db` what dispersion, PMD and PDL cost on top (infinite: beyond what the mode bears).
    `margin_db` is the least over the channels of GSNR - penalty - need, and `wanted_db` the least that is accepted.
    `beyond` says in words what the mode does not bear, such as "dispersion 25050 ps/nm of 20000".
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

    @property
    def missing_db(self) -> float:
        """Shortfall of the margin below the wanted one; 0 or less where the mode closes."""
        return self.wanted_db - self.margin_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A route under full load.

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

    def verdict(self, mode: str) -> Verdict:
        """Verdict of a mode over the route.

        Raises:
            KeyError: the mode was not judged.
        """
        for verdict in self.verdicts:
            if verdict.mode == mode:
                return verdict
        raise KeyError(mode)

    def closes(self, mode: str) -> bool:
        """Whether the mode has the wanted margin over this route.

        Raises:
            KeyError: the mode was not judged.
        """
        return self.weak_db == 0 and self.verdict(mode).missing_db <= 0


Judge = Callable[[Route], Quality]
"""A function that judges a route: GNPy behind a cache, or a table in tests."""
