# SPDX-License-Identifier: BSD-3-Clause
"""The fewest wavelengths that join every two data centres by a lightpath of their own, and the proof.

`bound` computes what no assignment can beat, `packing` finds an assignment that is good, `exact` closes the gap between
the two on small networks, `tabu` goes on as long as somebody wants to wait, `search` puts them together.

Every two data centres get a lightpath, the same fibres and wavelength both ways; a fibre of the plant is a fibre pair;
there is no conversion; any route will do, whatever its length. The plant's demands and modes play no part.

Rejected: exact optimisation from the start (JPN12 has 66 lightpaths, and wavelengths can be exchanged for one another:
HiGHS is still searching after minutes where packing meets the bound in milliseconds).
"""

from apnemu.planning.minimum.search import Minimum, minimum_wavelengths

__all__ = ["Minimum", "minimum_wavelengths"]
