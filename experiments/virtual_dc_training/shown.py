# SPDX-License-Identifier: BSD-3-Clause
"""How training is shown: the slowest step in a sentence, and its cost over the round trip, scheme by scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown
from apnemu.units import ns_to_ms

Row = Mapping[str, Any]
X_AXIS = "round trip between neighbours, ms"


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The slowest step over each network, against one data centre.

    >>> sentence([{"network": "apn", "sites": 2, "ratio": 1.00527, "rtt_ns": 526_000, "rate_gbps": 100.0}], {})
    'A step in 2 data centres takes at most 1.0053 times that in one over the APN.'
    """
    parts = []
    for name in dict.fromkeys(row["network"] for row in results):
        ratios = [row["ratio"] for row in results if row["network"] == name and row["ratio"] is not None]
        if ratios:
            parts.append(f"{max(ratios):.4f} times that in one over the {words.network(name)}")
    if not parts:
        return f"{words.count(len(results), 'step')} without a measured time."
    return f"A step in {results[0]['sites']} data centres takes at most {', '.join(parts)}."


def _over_rtt(results: Sequence[Row]) -> list[Row]:
    """Rows with what the figures show; the APN's first, since the closed form is about it alone."""
    shown = [
        {
            **row,
            "rtt_ms": ns_to_ms(row["rtt_ns"]),
            "longer_percent": _percent(row["ratio"]),
            "predicted_longer_percent": _percent(row["predicted_ratio"]) if row["network"] == "apn" else None,
        }
        for row in results
    ]
    return sorted(shown, key=lambda row: row["network"] != "apn")


def _percent(ratio: float | None) -> float | None:
    """The per cent by which a step is longer."""
    return None if ratio is None else 100 * (ratio - 1)


def _note(row: Row) -> str:
    where = f"{words.network(row['network'])}, {words.duration(row['rtt_ns'])}, {words.gbps(row['rate_gbps'])} Gbit/s"
    return f"{where}: {row['step_s']:.4f} s, {row['ratio']:.4f} times one data centre"


def _scheme(row: Row) -> str:
    """
    >>> _scheme({"algorithm": "ring", "overlap": False})
    'ring, without overlap'
    """
    return f"{row['algorithm']}, {'with' if row['overlap'] else 'without'} overlap"


BRIEF = (
    columns.network_short(),
    columns.duration("rtt_ns", "round trip"),
    columns.gbps("rate_gbps", "Gbit/s"),
    columns.text("algorithm"),
    columns.text("overlap"),
    columns.number("step_s", "step, s", 4),
    columns.number("ratio", "ratio", 4),
    columns.number("predicted_ratio", "predicted", 4),
    columns.plain("sent_again_bytes", "sent again"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        Curve(
            title="Longer than in one data centre",
            caption="A step here less that of the same workers in one data centre, measured in the same run, in per"
            " cent of the latter.",
            x="rtt_ms",
            y="longer_percent",
            axes=(X_AXIS, "longer, %"),
            split=("algorithm", "overlap"),
            split_words=_scheme,
            reference="predicted_longer_percent",
            reference_name="closed form, APN",
            common=True,
            fewest=1,
            derive=_over_rtt,
            note=_note,
        ),
        Curve(
            title="A step",
            caption="From its start to the last worker's end, the declared computing included.",
            x="rtt_ms",
            y="step_s",
            axes=(X_AXIS, "step, s"),
            split=("algorithm", "overlap"),
            split_words=_scheme,
            reference="one_dc_step_s",
            reference_name="in one data centre",
            across=True,
            common=True,
            fewest=1,
            derive=_over_rtt,
            note=_note,
        ),
    ),
)
