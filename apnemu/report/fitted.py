# SPDX-License-Identifier: BSD-3-Clause
"""A table that fits a terminal: names are never cut; where there is no room, the last figures are left out, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

FOR_FIGURES: Final = 30
"""Characters of a line that texts leave to figures; names that are longer than what remains go on in the next line."""
_GAP: Final = 2
"""Characters between two columns."""


class Fitted(Table):
    """Table whose columns stand in the order of their importance.

    Columns aligned left hold texts, which tell the rows apart: they may go on in the next line, but every character is
    there. Columns aligned right hold figures: they keep to one line, and of those that do not fit the last are left
    out and named below the table.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns for which there is room."""
        ranges = [_range(console, options, column) for column in self.columns]
        texts = [index for index, column in enumerate(self.columns) if column.justify != "right"]
        most = max(1, (options.max_width - FOR_FIGURES) // max(1, len(texts)) - _GAP)
        widths = {index: min(one.minimum, most if index in texts else one.minimum) for index, one in enumerate(ranges)}
        left_out: list[str] = []
        for index in reversed(range(len(self.columns))):
            if _taken(widths) <= options.max_width:
                break
            if index not in texts and len(widths) > len(texts) + 1:
                del widths[index]
                left_out.insert(0, str(self.columns[index].header))
        for some in (texts, list(widths)):
            while growing := [index for index in some if widths[index] < ranges[index].maximum]:
                if (room := options.max_width - _taken(widths)) <= 0:
                    break
                for index in growing[:room]:
                    widths[index] += 1
        yield from Table.__rich_console__(self._of(widths, left_out), console, options)

    def _of(self, widths: Mapping[int, int], left_out: Sequence[str]) -> Table:
        table = copy(self)
        table.columns = [
            replace(self.columns[index], _index=place, width=width, overflow="fold")
            for place, (index, width) in enumerate(sorted(widths.items()))
        ]
        captions = [str(self.caption)] if self.caption else []
        if left_out:
            captions.append(f"no room for: {', '.join(left_out)}; a wider terminal or --json has them")
        table.caption = Text("\n".join(captions)) if captions else None
        return table


def _taken(widths: Mapping[int, int]) -> int:
    """Characters of a line that columns of these widths take."""
    return sum(width + _GAP for width in widths.values())


def _range(console: Console, options: ConsoleOptions, column: Column) -> Measurement:
    """Range of a width: from the longest word of a text, or line of a figure, to all of it in one line."""
    unlimited = options.update(max_width=10_000)
    cells = [Measurement.get(console, unlimited, cell) for cell in column.cells]
    heading = Measurement.get(console, unlimited, column.header)
    is_figure = column.justify == "right"
    return Measurement(
        max([heading.minimum, *((cell.maximum if is_figure else cell.minimum) for cell in cells)]),
        max([heading.maximum, *(cell.maximum for cell in cells)]),
    )
