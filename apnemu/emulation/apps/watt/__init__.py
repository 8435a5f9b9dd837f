# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Parties of a watt-bit day: programs in the sites' hosts that speak with each other in every slot.

`messages` is the form of what they say, and its seal, `post` how it goes from one to another. All is of the standard
library, since each import of a program costs the lab's time once for every party.
"""
