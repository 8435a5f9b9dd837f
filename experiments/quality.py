"""How well does light arrive over each route, and which ways to run a transceiver does that leave?

Every row is GNPy's: a candidate route of a demand in one mode, every slot lit by neighbours of the same mode. What is
expected is checked by a second way to the same figure: routes are put together from fibres computed one by one (and
kept), so the longest lightpaths are propagated once more by GNPy from end to end over the whole network's export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.question.experiment import Experiment, Row, Setting
from apnemu.report.quality_rows import quality_rows

SAME_DB = 0.01


def computed(plant: Plant, settings: Mapping[str, Any], seed: int) -> list[Row]:
    if not plant.demands:
        raise InputError(f"{plant.name} asks for no light; add demands to the topology", file="--topology")
    names = {mode.name: mode for mode in plant.modes}
    wanted = tuple(names) if settings["mode"] == ("all",) else settings["mode"]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise InputError(
            f"mode is '{unknown[0]}'; the equipment has {', '.join(names)}; for example --set mode=all", file="--set"
        )
    modes = [names[name] for name in dict.fromkeys(wanted)]
    return quality_rows(plant, k=settings["k"], modes=modes, checked=settings["checked"])


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "every lightpath of the plan has the margin that is wanted; a route that has more fibre through the same sites "
        "and some more has less GSNR; and GNPy from end to end over the exported network gives the "
        f"{settings['checked']:g} longest lightpaths the same GSNR within {SAME_DB:g} dB"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results if row["planned"]) and _falls(results)


def _met(row: Row) -> bool:
    whole = row["end_to_end_gsnr_db"]
    return bool(row["closes"]) and (whole is None or abs(whole - row["gsnr_db"]) <= SAME_DB)


def _falls(rows: Sequence[Row]) -> bool:
    """Whether each route has less GSNR than every route that it begins with."""
    by_route = {(row["mode"], row["route"]): row["gsnr_db"] for row in rows}
    for (mode, route), gsnr_db in by_route.items():
        sites = route.split(" > ")
        beginnings = [" > ".join(sites[:length]) for length in range(2, len(sites))]
        if any(by_route.get((mode, beginning), gsnr_db + 1) <= gsnr_db for beginning in beginnings):
            return False
    return True


EXPERIMENT = Experiment(
    name="quality",
    question="How well does light arrive over each route, and which modes does that leave?",
    topology="jpn12",
    networks=("apn",),
    settings=(
        Setting(name="k", default=3, low=1, high=50, whole=True, meaning="candidate routes of each demand"),
        Setting(name="mode", default=("all",), many=True, meaning="modes of the equipment, or all"),
        Setting(
            name="checked", default=3, low=0, high=1000, whole=True, meaning="lightpaths that GNPy does from end to end"
        ),
    ),
    expected=expected,
    met=met,
    computed=computed,
    by_quality=True,
)
