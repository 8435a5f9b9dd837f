# SPDX-License-Identifier: BSD-3-Clause
"""Topology files: YAML 1.2 -> a checked `Plant`. Nothing here touches the machine or chooses light.

Declarations: each key is declared once, in the vocabulary of `shapes`: those of a topology in `format`, those of an
equipment file in `equipment_format`, those of a power file in `power_format` with the sites' in `site_power_format`,
the columns of a profile in `profile_format`, zones in `zones_format`, what is measured of a fibre in
`disturbed_format`; what several share in `origins`. `docs/topology-format.md` lists them.

Reading takes three steps. `document` turns YAML into nodes with lines, `parse` turns nodes into typed entries by their
declaration, and an `entry` fills the model's value of that kind. What keys say about one another is resolved by
`reader` with `fibres`, `demands`, `packet` (over the defaults of the `equipment` file), `scenario` and `geography`.
`size_classes` reads the table of data centres' sizes. `power` reads the power file that a topology names, or one alone,
with `profiles` (figures slot by slot), `site_power` (what the topology says of its sites), `work`, `zones`
(where data may be), and `siting` (places for data centres, whose keys `siting_format` declares).

Made from the same declarations: `schema` (`schema.json`, `equipment-schema.json` and `power-schema.json`, for editors),
`documentation`, and `writer` (what `apnemu import` writes).

Rejected: ruamel's round-trip objects (a yes/no passes for a number, and lines are lost on plain lists); JSON Schema as
the judge (its messages have no lines and no way out); pydantic (the same, and a second error tree); limits as
annotations of the model's own fields (the model would know of files, and units differ: a file has us, the model ns).
"""

from apnemu.topology.power import is_power_file, read_power
from apnemu.topology.reader import input_files, read_plant

__all__ = ["input_files", "is_power_file", "read_plant", "read_power"]
