# SPDX-License-Identifier: BSD-3-Clause
"""Figures of fibres, amplifiers, ROADMs and transceiver modes as frozen values; `reader` makes them from YAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apnemu.model.spectrum import Band, steps_above, steps_below

Impairment = Literal["dispersion", "pmd", "pdl"]
IMPAIRMENTS: tuple[Impairment, ...] = ("dispersion", "pmd", "pdl")


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreType:
    """A kind of fibre, at 1550 nm."""

    name: str
    loss_db_per_km: float
    dispersion_ps_per_nm_km: float
    effective_area_um2: float
    pmd_ps_per_sqrt_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplifier:
    """An EDFA of variable gain: noise figure `nf_min_db` at the flat maximum of gain, `nf_max_db` at the least.

    It carries light from `from_thz` to `to_thz`, and no other.
    """

    name: str
    gain_min_db: float
    gain_flat_max_db: float
    power_max_dbm: float
    nf_min_db: float
    nf_max_db: float
    from_thz: float = 191.275
    to_thz: float = 196.125

    def __post_init__(self) -> None:
        if not self.gain_min_db < self.gain_flat_max_db:
            raise ValueError(f"gain_min_db is {self.gain_min_db}; it must be below gain_flat_max_db")
        if not self.from_thz < self.to_thz:
            raise ValueError(f"from_thz is {self.from_thz}; it must be below to_thz, {self.to_thz}")

    @property
    def band(self) -> Band:
        """The spectrum that it carries, in whole steps of the grid."""
        return Band(low=steps_above(self.from_thz), high=steps_below(self.to_thz))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadmLight:
    """The effect of a ROADM on light: greatest loss of each way through, OSNR in 0.1 nm of add and drop, power out."""

    out_mw_per_ghz_of_slot: float
    add_loss_db: float
    add_osnr_db: float
    drop_loss_db: float
    drop_osnr_db: float
    express_loss_db: float
    pmd_ps: float
    pdl_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The power that the line is designed for, and the margin wanted over what a mode needs."""

    launch_dbm: float
    launch_slot_ghz: float
    launch_baud_gbd: float
    margin_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A penalty in dB at a value of dispersion (ps/nm), PMD (ps) or PDL (dB); between two it is interpolated."""

    at: float
    penalty_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeLight:
    """The needs of a mode: OSNR in 0.1 nm at the receiver, and penalties by impairment, smallest value first."""

    name: str
    baud_gbd: float
    roll_off: float
    need_osnr_db: float
    tx_osnr_db: float
    dispersion: tuple[Step, ...]
    pmd: tuple[Step, ...]
    pdl: tuple[Step, ...]

    def __post_init__(self) -> None:
        for impairment in IMPAIRMENTS:
            places = [step.at for step in self.steps(impairment)]
            if places != sorted(set(places)) or places[0] <= 0:
                raise ValueError(f"{impairment} has values {places}; they must be above 0 and rise")

    def steps(self, impairment: Impairment) -> tuple[Step, ...]:
        by_name = {"dispersion": self.dispersion, "pmd": self.pmd, "pdl": self.pdl}
        return by_name[impairment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """An optics file: one kind of fibre for all of a plant, what stands beside it, and the modes by name."""

    fibre: FibreType
    connector_db: float
    ageing_db: float
    padding_db: float
    amplifiers: tuple[Amplifier, ...]
    roadm: RoadmLight
    load: Load
    modes: tuple[ModeLight, ...]

    def amplifiers_for(self, band: Band) -> tuple[Amplifier, ...]:
        """Amplifiers of the kind, by the spectrum that they carry, that carries the most of a band."""

        def shared(kind: Band) -> int:
            return min(kind.high, band.high) - max(kind.low, band.low)

        kind = max((amplifier.band for amplifier in self.amplifiers), key=shared)
        return tuple(amplifier for amplifier in self.amplifiers if amplifier.band == kind)

    def mode(self, name: str) -> ModeLight | None:
        return next((mode for mode in self.modes if mode.name == name), None)
