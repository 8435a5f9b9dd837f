"""What a training step costs over the round trip between data centres, scheme by scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.round_trips import networks
from apnemu.report.svg import Scale, legend, linear_scale
from apnemu.units import ns_to_ms

Row = Mapping[str, Any]
Value = Callable[[Row], float]
X_AXIS = "round trip between neighbours, ms"


def training_figures(rows: Sequence[Row]) -> list[Markup]:
    """For each scheme (algorithm, overlap) two figures over the round trip, all schemes on the same scales: how much
    longer a step takes than in one data centre, in per cent, and the step itself in seconds."""
    x = linear_scale([ns_to_ms(row["rtt_ns"]) for row in rows])
    longer = linear_scale([value for row in rows for value in (_longer(row), _longer_predicted(row))])
    seconds = linear_scale([row[key] for row in rows for key in ("step_s", "one_dc_step_s")])
    found: list[Markup] = []
    for scheme in dict.fromkeys(_scheme(row) for row in rows):
        own = sorted((row for row in rows if _scheme(row) == scheme), key=lambda row: row["rtt_ns"])
        light = [row for row in own if row["network"] == "apn"]
        found.append(
            _over_rtt(
                own,
                _longer,
                [(ns_to_ms(row["rtt_ns"]), _longer_predicted(row)) for row in light],
                ("closed form, APN", f"Longer than in one data centre: {scheme}"),
                (x, longer, "longer, %"),
                "A step here less that of the same workers in one data centre, measured in the same run, in per cent of"
                " the latter.",
            )
        )
        found.append(
            _over_rtt(
                own,
                lambda row: float(row["step_s"]),
                _across(x, [(ns_to_ms(row["rtt_ns"]), row["one_dc_step_s"]) for row in (light or own)]),
                ("in one data centre", f"A step: {scheme}"),
                (x, seconds, "step, s"),
                f"From its start to the last worker's end, {own[0]['compute_s']:g} s of declared computing included.",
            )
        )
    return found


def _over_rtt(
    rows: Sequence[Row],
    value: Value,
    reference: Sequence[tuple[float, float]],
    names: tuple[str, str],
    axes: tuple[Scale, Scale, str],
    caption: str,
) -> Markup:
    """`names` are those of the reference and of the figure."""
    shown = networks(rows)
    x, y, unit = axes
    series = [
        Series(
            network=name,
            points=tuple((ns_to_ms(row["rtt_ns"]), value(row), _note(row)) for row in rows if row["network"] == name),
        )
        for name in reversed(shown)
    ]
    keys = [("reference-swatch", names[0])] if len(reference) > 1 else []
    drawn = plot(series, x, y, (X_AXIS, unit), reference if keys else ())
    return figure(names[1], caption, legend(shown, *keys), drawn)


def _across(x: Scale, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What does not depend on the distance reaches from side to side."""
    return [(x.low, points[0][1]), *points, (x.high, points[-1][1])]


def _note(row: Row) -> str:
    where = f"{words.network(row['network'])}, {words.duration(row['rtt_ns'])}, {words.gbps(row['rate_gbps'])} Gbit/s"
    return f"{where}: {row['step_s']:.4f} s, {row['ratio']:.4f} times one data centre"


def _scheme(row: Row) -> str:
    """
    >>> _scheme({"algorithm": "ring", "overlap": False})
    'ring, without overlap'
    """
    return f"{row['algorithm']}, {'with' if row['overlap'] else 'without'} overlap"


def _longer(row: Row) -> float:
    return 100 * (float(row["ratio"]) - 1)


def _longer_predicted(row: Row) -> float:
    return 100 * (float(row["predicted_ratio"]) - 1)
