# SPDX-License-Identifier: BSD-3-Clause
"""The owner of every random draw: a stream of its own for each purpose, so that no part's draws depend on another's."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The owner of a run's draws for one purpose.

    >>> int(generator(1, "doctest").integers(1000)), int(generator(1, "doctest").integers(1000))
    (238, 238)
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])))
