# SPDX-License-Identifier: BSD-3-Clause
"""Simulation parameters by which GNPy would compute for minutes or hours: refused, with the way out.

Measured on GNPy's example of one amplified line: what is admitted takes 5 to 20 s, ten times finer takes minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apnemu.errors import InputError

FINEST_M = {"result_spatial_resolution": 1000, "solver_spatial_resolution": 10}
"""Finest steps along a fibre, in m, at which GNPy's Raman solver is done in seconds."""
FINEST = {"dispersion_tolerance": 0.25, "phase_shift_tolerance": 0.05}
"""Least tolerances at which GNPy's generalised GN model is done in seconds; its example has 1 and 0.1."""


def refuse_endless(path: Path, sim_params: Mapping[str, Any]) -> None:
    """Refuse parameters by which GNPy computes for many minutes what nobody has asked for. Raises InputError."""
    nli, raman = (sim_params.get(part) or {} for part in ("nli_params", "raman_params"))
    named = nli.get("computed_channels") or nli.get("computed_number_of_channels")
    is_ggn = str(nli.get("method", "")).lower().startswith("ggn")
    if is_ggn and not named:
        raise InputError(
            f"nli_params.method is {nli['method']}, which computes each channel apart, seconds each, and none is named;"
            " name some, such as computed_number_of_channels: 5, and GNPy interpolates between them",
            file=str(path),
        )
    finest = [(raman, "raman_params", name, f"{least} m") for name, least in FINEST_M.items() if raman.get("flag")]
    finest += [(nli, "nli_params", name, f"{least}") for name, least in FINEST.items() if is_ggn]
    for part, of, name, least in finest:
        if isinstance(part.get(name), int | float) and part[name] < float(least.split()[0]):
            raise InputError(
                f"{of}.{name} is {part[name]:g}, and GNPy would compute for minutes; it must be at least {least};"
                " GNPy's own example has several times as much",
                file=str(path),
            )
