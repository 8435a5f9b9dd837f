# SPDX-License-Identifier: BSD-3-Clause
"""Records of training as rows beside the closed form; the workers' sum beside gloo's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.virtual_dc_training.cases import Case, cases, rate_gbps
from apnemu.experiments.virtual_dc_training.gloo import GLOO, OWN, numbers
from apnemu.experiments.virtual_dc_training.settings import Settings
from apnemu.placement.allreduce import sent_between_sites, step_s
from apnemu.question.context import Context, Row
from apnemu.question.plants import ring_demands
from apnemu.records.query import groups

Outputs = Sequence[Mapping[str, Any]]
"""What the workers of one stage recorded, in the order of ranks."""


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and case, with the comparison of both sums where it was asked for."""
    stages = {
        of_stage: [json.loads(record["detail"]) for record in records]
        for of_stage, records in groups(table, "application", "network", "phase")
    }
    results = []
    for context in contexts:
        network = context.network
        checked: dict[str, bool | int] = {}
        if context.settings.collective == "gloo":
            checked = beside_gloo(numbers(context), stages[network, GLOO], stages[network, OWN])
        for case in cases(context):
            here, home = stages[network, case.phase], stages[network, case.home_phase]
            results.append({**_row(context, case, here, home), **checked})
    return results


def _row(context: Context[Settings], case: Case, here: Outputs, home: Outputs) -> Row:
    plan, steps = case.plan, context.settings.steps
    crossing = [
        counts
        for output in here
        for peer, counts in output["sent"].items()
        if int(peer) // plan.per_site != output["rank"] // plan.per_site
    ]
    demands = ring_demands(case.sites, 1)
    line_gbps = min(context.line_rate_gbps((demand.source, demand.target)) for demand in demands)
    home_s = _mean_step_s(home)
    return {
        "network": context.network,
        "sites": plan.sites,
        "rtt_ns": round(plan.rtt_s * 1e9),
        "rate_gbps": rate_gbps(context, line_gbps),
        "compute_s": plan.compute_s,
        "gradient_bytes": plan.gradient_bytes,
        "overlap": plan.overlap,
        "step_s": _mean_step_s(here),
        "ratio": _mean_step_s(here) / home_s,
        "one_dc_step_s": home_s,
        "predicted_step_s": step_s(plan),
        "predicted_ratio": step_s(plan) / step_s(plan.at_home()),
        "wire_bytes": round(sum(total - again for total, again in crossing) / plan.sites / steps),
        "expected_wire_bytes": round(sent_between_sites(plan)),
        "sent_again_bytes": round(sum(again for _, again in crossing) / plan.sites / steps),
        "algorithm": plan.algorithm,
        "buckets": plan.buckets,
        "workers": plan.per_site,
        "distance_km": case.length_km,
    }


def _mean_step_s(outputs: Outputs) -> float:
    steps = len(outputs[0]["instants_ns"]) - 1
    end_ns = max(output["instants_ns"][-1] for output in outputs)
    return float(end_ns - outputs[0]["instants_ns"][0]) / 1e9 / steps


def beside_gloo(numbers: Sequence[Sequence[float]], gloo: Outputs, own: Outputs) -> dict[str, bool | int]:
    """Whether gloo and the home-made workers have the sum of `numbers`, every process the whole of it, and how long
    each took.

    >>> there = [{"numbers": [4.0, 6.0], "took_ns": 12}, {"numbers": [4.0, 6.0], "took_ns": 10}]
    >>> here = [{"numbers": [4.0, 6.0], "instants_ns": [5, 14]}, {"numbers": [4.0, 6.5], "instants_ns": [5, 15]}]
    >>> beside_gloo([[1.0, 2.0], [3.0, 4.0]], there, here)
    {'gloo_same_sum': False, 'gloo_sum_ns': 12, 'own_sum_ns': 10}
    """
    wanted = [sum(column) for column in zip(*numbers, strict=True)]
    sums = [output["numbers"] for output in (*gloo, *own)]
    return {
        "gloo_same_sum": len(sums) == 2 * len(numbers) and all(each == wanted for each in sums),
        "gloo_sum_ns": max(output["took_ns"] for output in gloo),
        "own_sum_ns": max(output["instants_ns"][-1] - output["instants_ns"][0] for output in own),
    }
