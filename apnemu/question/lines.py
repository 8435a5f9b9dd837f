# SPDX-License-Identifier: BSD-3-Clause
"""Lines of the networks that a run compares: their rates are equal, or said in its notes, rows, answer and figures.

Said is, too, where DCTCP goes over light that has no queue to mark its frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.model.activities import BY_MARKS
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.question.context import Context, Network, Row
from apnemu.report.lines import COLUMN, told_lines


def line_rates(network: Network, plant: Plant, assignment: Assignment) -> tuple[float, ...]:
    """Rates of a network's lines in Gbit/s, ascending, each once; of light on demand what will be asked for."""
    if network == "packet":
        return (plant.packet.line_rate_gbps,)
    return tuple(sorted({lit.rate_gbps for lit in assignment.lightpaths or plant.demands}))


def unequal_lines(networks: Sequence[Network], plant: Plant, assignment: Assignment) -> tuple[str, ...]:
    """A line on line rates that differ between the networks of a run; none where they do not, or there is one."""
    rates: dict[str, tuple[float, ...]] = {name: line_rates(name, plant, assignment) for name in networks}
    return (told_lines(rates),) if len(set(filter(None, rates.values()))) > 1 else ()


def unmarked_light(networks: Sequence[Network], assignment: Assignment, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """A line on DCTCP over wavelengths that nobody shares: marks are given in queues, and before such light is none.

    >>> unmarked_light(("apn",), Assignment(lightpaths=(), refusals=()), {"congestion_control": ["cubic"]})
    ()
    """
    if "apn" not in networks or assignment.shares or BY_MARKS not in settings.get("congestion_control", ()):
        return ()
    return (
        f"On the APN no frame of {BY_MARKS} is marked: a wavelength of one's own has no queue on the way, its sender"
        " waits for its transceiver. Of its congestion control the growth alone is measured there; the packet network's"
        " queues mark, and those of wavelengths that tenants share.",
    )


def with_line_rates(rows: Sequence[Row], contexts: Sequence[Context[Any]]) -> list[Row]:
    """The rows, each with the rate of its network's line where the networks' rates differ.

    It is that of the row's own pair (`from`, `to`), else the only one that the network has.
    """
    plant, assignment = contexts[0].plant, contexts[0].assignment
    by_network = {context.network: context for context in contexts}
    if not unequal_lines(tuple(by_network), plant, assignment):
        return list(rows)
    return [_with_line_rate(row, by_network) for row in rows]


def _with_line_rate(row: Row, by_network: Mapping[Any, Context[Any]]) -> Row:
    context = by_network.get(row.get("network"))
    if context is None or COLUMN in row:
        return row
    pair = (row.get("from"), row.get("to"))
    if pair in context.reachable():
        return {**row, COLUMN: context.line_rate_gbps(pair)}
    rates = line_rates(context.network, context.plant, context.assignment)
    return {**row, COLUMN: rates[0]} if len(rates) == 1 else row
