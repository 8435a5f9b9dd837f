# SPDX-License-Identifier: BSD-3-Clause
"""One way of a fibre pair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One fibre of a pair: light passes it one way.

    `amplifiers` are those in line, `delay_ns` includes what they add.
    """

    length_km: float
    amplifiers: int
    delay_ns: int

    def sag_km(self, db: float) -> float:
        """Extra km that the fibre counts when its first in-line amplifier gives `db` less gain.

        Closed form of a noise-limited line of equal spans with fixed gains: each span with its amplifier adds the same
        share of noise to the signal, so noise goes by length, as a mode's reach does. Behind the amplifier that sags
        all signals are `db` weaker and the noise that amplifiers add is as it was, so that every span but the first
        adds 10^(db / 10) times its share; the next ROADM levels the power again. 240 km in three spans, 3 dB:

        >>> round(Way(length_km=240, amplifiers=2, delay_ns=0).sag_km(3.0), 6)
        159.24197

        Source: ITU-T G.680, the OSNR of amplifiers in a row: each adds noise figure / input power.

        *Not modelled:* nonlinear noise, which falls with the power: a real line loses less, so this is the pessimistic
        side; amplifiers that hold their output power and so make good what is missing.
        """
        spans = self.amplifiers + 1
        return self.length_km * self.amplifiers / spans * float(10 ** (db / 10) - 1)
