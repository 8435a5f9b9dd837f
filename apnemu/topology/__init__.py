# SPDX-License-Identifier: BSD-3-Clause
"""Topology files: YAML 1.2 -> a checked `Plant`. Nothing here touches the machine or chooses light.

Declarations: each key is declared once, in the vocabulary of `shapes`: those of a topology in `format`, those of an
equipment file in `equipment_format`. `docs/topology-format.md` lists them.

Reading takes three steps. `document` turns YAML into nodes with lines, `parse` turns nodes into typed entries by their
declaration, and an `entry` fills the model's value of that kind. What keys say about one another is resolved by
`reader` with `demands`, `packet` (over the defaults of the `equipment` file), `scenario` and `geography`.
`size_classes` reads the table of data centres' sizes.

Made from the same declarations: `schema` (`schema.json` and `equipment-schema.json`, for editors), `documentation`, and
`writer` (what `apnemu import` writes).

Rejected: ruamel's round-trip objects (a yes/no passes for a number, and lines are lost on plain lists); JSON Schema as
the judge (its messages have no lines and no way out); pydantic (the same, and a second error tree); limits as
annotations of the model's own fields (the model would know of files, and units differ: a file has us, the model ns).
"""

from apnemu.topology.reader import input_files, read_plant

__all__ = ["input_files", "read_plant"]
