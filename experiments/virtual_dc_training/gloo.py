# SPDX-License-Identifier: BSD-3-Clause
"""The home-made collective beside torch.distributed over gloo: the same numbers, summed by either in one network."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from apnemu.emulation.apps.gloo import OPEN
from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_training.settings import Settings
from apnemu.model.activities import Application
from apnemu.model.scenario import Stage
from apnemu.question.context import Context
from apnemu.seeds import generator
from apnemu.units import VirtualNs

GLOO, OWN = "sum by gloo", "sum by workers"
"""Phases."""
SITES = 2
"""The first sites of the ring: gloo joins each with each, and neighbours alone are sure to have light."""
NUMBERS = 240
PORT = 7300


def need_torch() -> None:
    """Raises InputError, with the way out, where PyTorch is not installed for this very Python."""
    if find_spec("torch") is None:
        raise InputError(
            f"collective is 'gloo'; it needs PyTorch 2.4 or newer, which {sys.executable} has not; install the build"
            " without CUDA (about 200 MB): pip install torch --index-url https://download.pytorch.org/whl/cpu; or give"
            " --set collective=own",
            file="--set",
        )


def numbers(context: Context[Settings]) -> list[list[float]]:
    """The numbers of each worker: eighths, so that a sum in any order is exact."""
    count = SITES * context.settings.workers
    drawn = generator(context.seed, "gloo").integers(-800, 800, size=(count, NUMBERS)) / 8
    return [[float(value) for value in row] for row in drawn]


def gloo_stages(context: Context[Settings], sites: Sequence[str]) -> tuple[Stage, Stage]:
    """One all-reduce by gloo, then the same by the home-made workers, between the first two of `sites`."""
    places = [site for site in sites[:SITES] for _ in range(context.settings.workers)]
    addresses = [f"{{address:{site}}}" for site in places]
    own = {
        "algorithm": context.settings.algorithm,
        "sites": SITES,
        "per_site": context.settings.workers,
        "buckets": 1,
        "gradient_bytes": 8 * NUMBERS,
        "compute_s": 0.0,
        "overlap": False,
        "steps": 1,
        "ports": [PORT + 1 + rank for rank in range(len(places))],
        "addresses": addresses,
        "pace_bytes_per_s": [0] * len(places),
    }
    plans: dict[tuple[str, str], dict[str, Any]] = {
        (GLOO, "gloo"): {"count": len(places), "address": addresses[0], "port": PORT},
        (OWN, "training"): own,
    }
    first, second = (
        Stage(
            phase=phase,
            duration_ns=VirtualNs(1_000_000),
            activities=tuple(
                Application(
                    name=f"worker-{rank}",
                    site=place,
                    role="job",
                    needs=("worker-0",) if rank and phase == GLOO else (),
                    ready=f"says:{OPEN}" if phase == GLOO and not rank else "",
                    argv=(
                        *("{python}", "-m", f"apnemu.emulation.apps.{program}"),
                        json.dumps({**plan, "rank": rank, "numbers": values}),
                    ),
                )
                for rank, (place, values) in enumerate(zip(places, numbers(context), strict=True))
            ),
        )
        for (phase, program), plan in plans.items()
    )
    return first, second
