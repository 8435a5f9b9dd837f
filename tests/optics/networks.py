# SPDX-License-Identifier: BSD-3-Clause
"""GNPy networks made by tests: sites with a transceiver and a ROADM, and directed spans between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Span = tuple[str, str, str, float]
"""A directed fibre: uid, from, to, km."""


def network_form(sites: Sequence[str], spans: Sequence[Span], *, roadms: bool = True) -> dict[str, Any]:
    """A network; without ROADMs the fibres lead from transceiver to transceiver."""
    elements = [{"uid": f"trx {site}", "type": "Transceiver"} for site in sites]
    ends = {site: f"trx {site}" for site in sites}
    ways = []
    if roadms:
        elements += [{"uid": f"roadm {site}", "type": "Roadm"} for site in sites]
        ways += [
            pair for site in sites for pair in ((f"trx {site}", f"roadm {site}"), (f"roadm {site}", f"trx {site}"))
        ]
        ends = {site: f"roadm {site}" for site in sites}
    for uid, source, target, km in spans:
        params = {"length": km, "length_units": "km", "loss_coef": 0.2, "att_in": 0, "con_in": 0.5, "con_out": 0.5}
        elements.append({"uid": uid, "type": "Fiber", "type_variety": "SSMF", "params": params})
        ways += [(ends[source], uid), (uid, ends[target])]
    return {"elements": elements, "connections": [{"from_node": a, "to_node": b} for a, b in ways]}


def written(folder: Path, form: Any, name: str = "network.json") -> Path:
    path = folder / name
    path.write_text(form if isinstance(form, str) else json.dumps(form))
    return path
