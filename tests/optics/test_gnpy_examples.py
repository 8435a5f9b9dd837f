# SPDX-License-Identifier: BSD-3-Clause
"""GNPy's multiband example, imported and planned, beside GNPy's own program, each way; the rest of the table is printed
by `python -m tests.optics.gnpy_examples`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.optics.gnpy_examples import NETWORKS, compared
from tests.optics.lines import EXAMPLES


@pytest.mark.slow
def test_a_lightpath_in_the_l_band_has_gnpys_gsnr_both_ways(tmp_path: Path) -> None:
    rows = [row for row in compared("multiband_example_network.json", tmp_path, most=1) if not row.reason]
    assert [row.band for row in rows] == ["L", "L"]
    assert all(row.gnpy_db is not None and row.apart_db <= 0.01 for row in rows), rows


def test_every_network_that_gnpy_ships_is_in_the_table() -> None:
    known = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".json", ".xls")}
    networks = {name for name in known if "network" in name.lower() or "opology" in name}
    assert networks - {"meshTopologyExampleV2_services.json"} == set(NETWORKS)
