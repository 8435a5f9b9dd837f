# SPDX-License-Identifier: BSD-3-Clause
"""What a tenant waits for as its neighbour sends more: in a sentence, and as one figure for each way of sharing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.experiments.sharing.rows import rise
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

Row = Mapping[str, Any]
SCHEMES = {
    "own": "a wavelength of its own",
    "slots": "hard time slots of one wavelength",
    "statistical": "one queue before one wavelength",
}


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What tenant a feels of tenant b by each scheme."""
    parts = []
    for scheme in dict.fromkeys(row["scheme"] for row in results):
        own = [row for row in results if row["tenant"] == "a" and row["scheme"] == scheme]
        more_ns = rise(own)
        if more_ns is not None:
            lost = words.count(sum(row["lost"] for row in own), "frame")
            wavelengths = words.count(own[0]["wavelengths"], "wavelength")
            parts.append(
                f"{scheme} ({wavelengths}): {words.duration(more_ns)} more at the 99th percentile, {lost} lost"
            )
    if not parts:
        return f"{words.count(len(results), 'result')} of tenants."
    return f"What tenant a feels when tenant b goes from idle to full: {'; '.join(parts)}."


def _of_tenant_a(results: Sequence[Row]) -> list[Row]:
    """Tenant a's rows, each with how far its 99th percentile lies above a lone probe's delay."""
    return [
        {**row, "over_ns": max(0, int(row["delay_ns_p99"]) - int(row["predicted_delay_ns"]))}
        for row in results
        if row["tenant"] == "a" and row["delay_ns_p99"] is not None
    ]


WAITS = Curve(
    title="What tenant a waits for",
    caption="Tenant a's probes, 99th percentile of the delay one way above a lone probe's; all figures on one scale.",
    x="load",
    y="over_ns",
    axes=("load that tenant b offers, share of the wavelength", "time"),
    unit="time",
    log=True,
    split=("scheme",),
    split_words=lambda row: f"{SCHEMES[row['scheme']]} ({words.count(row['wavelengths'], 'wavelength')} for both)",
    derive=_of_tenant_a,
    common=True,
    note=lambda row: f"load {row['load']:g}: {words.duration(row['over_ns'])}",
)
BRIEF = (
    columns.text("scheme"),
    columns.plain("load"),
    columns.text("tenant"),
    columns.us("delay_ns_p50", "p50, µs"),
    columns.us("delay_ns_p99", "p99, µs"),
    columns.us("predicted_delay_ns", "alone, µs"),
    columns.part("lost", "sent", "frames lost"),
)
SHOWN = Shown(sentence=sentence, figures=(WAITS,), brief=BRIEF)
