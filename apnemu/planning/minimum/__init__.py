"""The fewest wavelengths that join every two data centres by a lightpath of their own, and the proof.

`bound` what no assignment can beat, `packing` an assignment that is good, `exact` the gap between the two closed on
small networks, `search` puts them together.

One lightpath between every two data centres, the same fibres and wavelength both ways; one fibre pair per fibre of the
plant; no conversion; any route, whatever its length. The plant's demands and modes play no part.

Rejected: exact optimisation from the start (JPN12 has 66 lightpaths, and wavelengths can be exchanged for one another:
HiGHS is still searching after minutes where packing meets the bound in milliseconds).
"""

from apnemu.planning.minimum.search import Minimum, minimum_wavelengths

__all__ = ["Minimum", "minimum_wavelengths"]
