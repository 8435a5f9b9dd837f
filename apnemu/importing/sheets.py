# SPDX-License-Identifier: BSD-3-Clause
"""Two tables in CSV, one of nodes and one of links, with a line of column names each; or a table of links alone.

Separators are commas, semicolons or tabs. Where nodes have an id and a name, links give either.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from apnemu.importing.attributes import link_of, node_of, plain
from apnemu.importing.drawn import drawn
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.opened import Opened
from apnemu.importing.sketch import Sketch

FROM = ("a", "from", "source", "src", "node1", "nodea", "from_node", "start")
TO = ("b", "to", "target", "dst", "destination", "node2", "nodeb", "to_node", "end")
ID = ("id", "node", "site", "name", "key", "city")
Row = tuple[dict[str, str], int]


def read(opened: Opened, wishes: Wishes) -> Imported:
    """The network of a table of nodes, with `wishes.links` beside it, or of a table of links alone."""
    rows = list(_rows(opened))
    if _column(rows[0][0], FROM) and _column(rows[0][0], TO):
        if wishes.links:
            opened.fail("this is a table of links, and --links gives another; give nodes first, links by --links", 1)
        return _of_links(opened, rows, Sketch(opened, "CSV"), wishes)
    if wishes.links is None:
        opened.fail("this is a table of nodes; links join them; give their table by --links FILE", 1)
    sketch = Sketch(
        opened, "CSV", name=opened.path.stem, source=f"CSV files {opened.path.name} and {wishes.links.name}"
    )
    by_name = {}
    for row, line in rows:
        column = _column(row, ID)
        if not column:
            opened.fail(f"columns are {', '.join(row)[:120]}; one must be id or name; name it so", 1)
        own = {name: value for name, value in row.items() if name != column or plain(column) == "name"}
        node_of(sketch, row[column], own, line, label=row[column])
        by_name[row.get("name") or row[column]] = row[column]
    links = Opened(wishes.links)
    sketch.opened = links
    imported = _of_links(links, list(_rows(links)), sketch, wishes, by_name)
    return imported


def _of_links(
    opened: Opened, rows: list[Row], sketch: Sketch, wishes: Wishes, by_name: dict[str, str] | None = None
) -> Imported:
    """Add links, and their ends where no table has the nodes."""
    a, b = (_column(rows[0][0], words) for words in (FROM, TO))
    if not (a and b):
        opened.fail(f"columns are {', '.join(rows[0][0])[:120]}; two must be from and to, or source and target", 1)
    for row, line in rows:
        ends = [row[a], row[b]]
        for index, end in enumerate(ends):
            if by_name is None and end.strip() and end.strip() not in sketch.nodes:
                sketch.node(end, line)
            elif by_name is not None and end not in sketch.nodes:
                ends[index] = by_name.get(end, end)
        own = {name: value for name, value in row.items() if name not in (a, b)}
        link_of(sketch, ends[0], ends[1], own, line, one_way=False, unit_gbps=wishes.unit_gbps)
    return drawn(sketch, wishes)


def _column(row: dict[str, str], words: tuple[str, ...]) -> str:
    """The column that stands under the first of some words; "" where none does."""
    known = {plain(name): name for name in row}
    return next((known[plain(word)] for word in words if plain(word) in known), "")


def _rows(opened: Opened) -> Iterator[Row]:
    """Rows by column, with their lines. Raises InputError for a table without rows, or with a row of another length."""
    lines = opened.text.splitlines()
    first = lines[0] if lines else ""
    separator = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=separator)
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(names) < 2 or len(set(names)) < len(names):
            opened.fail("the first line must name two columns or more, each once; begin with them", 1)
        count = 0
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(names):
                opened.fail(f"the row has {len(values)} values; the columns are {len(names)}; mend it", reader.line_num)
            count += 1
            yield {name: value.strip() for name, value in zip(names, values, strict=True)}, reader.line_num
    except csv.Error as error:
        opened.fail(f"not CSV: {error}; mend the syntax", max(1, reader.line_num))
    if not count:
        opened.fail("the table has no rows; a network has two nodes and a link; add them", 1)


def is_table(opened: Opened) -> bool:
    """Whether a file is a table whose columns a network has."""
    first = opened.begins.splitlines()[0] if opened.begins else ""
    names = {plain(name): name for name in first.replace(";", ",").replace("\t", ",").split(",")}
    is_links = bool(_column(names, FROM) and _column(names, TO))
    return opened.path.suffix.lower() in (".csv", ".tsv") or (len(names) > 1 and is_links)


CSV = Form(word="csv", name="CSV (nodes, with --links; or links)", takes=is_table, read=read)
