# SPDX-License-Identifier: BSD-3-Clause
"""What a party hides, nobody else's process ever has: captures of whole frames at every port of a watt-bit day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.emulation.apps.watt.messages import LENGTH, opened
from tests.experiments.command import apnemu, settings
from tests.experiments.streams import streams
from tests.experiments.watt_files import BASE_KW, NAMES, written

PORTS = range(7300, 7304)
"""Where parties listen."""


def apart(folder: Path) -> Path:
    """The made-up topology with a third site, of nobody's jobs, where aggregator, centre and forecaster stand: whatever
    owners and operators say to them goes over fibres. Of the two owners one hides its jobs."""
    topology = written(folder, hides=True)
    given = topology.read_text()
    site = "  c: {kind: cluster, lat: 34.67, lon: 135.50, power_mw: 1, area: west, owner: three, pue: 1.1}\n"
    given = given.replace("fibres:\n", f"{site}fibres:\n  - {{between: [b, c], length_km: 600}}\n")
    topology.write_text(given + "".join(f"  - {{name: {a}-c, from: {a}, to: c, rate_gbps: 100}}\n" for a in "ab"))
    power = folder / "power" / "zoo.yaml"
    told = power.read_text().replace("agg: {role: aggregator, at: a}", "agg: {role: aggregator, at: c}")
    power.write_text(told.replace("two: {role: dc, at: b, hides: [jobs]}", "two: {role: dc, at: b}"))
    return topology


def messages(folder: Path) -> list[dict[str, Any]]:
    """All that parties said to each other between sites in a day, as the ports of every fibre and host saw it."""
    topology = apart(folder / "given")
    asked = ("run", "watt_day", "--topology", str(topology), "--network", "apn", *settings(shift="both", idle="free"))
    limits = ("--wall-limit-s", "1500", "--json", "--out", "run")
    done = apnemu(*asked, "--pcap", "--pcap-bytes", "0", *limits, folder=folder)
    (row,) = done.json()["results"]
    assert row["overload_mwh"] == 0 and row["deadline_misses"] == 0
    said = []
    for (near, far), stream in streams(folder / "run" / "apn.pcapng").items():
        assert {near[1], far[1]} & set(PORTS), f"nobody listens at {near} or {far}"
        while stream:
            (size,) = LENGTH.unpack_from(stream)
            said.append(opened(stream[LENGTH.size : LENGTH.size + size]))
            stream = stream[LENGTH.size + size :]
    return said


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_what_is_hidden_is_in_no_capture(tmp_path: Path) -> None:
    """The same instrument sees the job of the owner who hides nothing."""
    said = messages(tmp_path)
    assert {"hello", "state", "ask", "grant", "order"} <= {message["kind"] for message in said}
    text = "\n".join(map(str, said))
    assert [name in text for name in NAMES] == [False, False, True]
    assert str(BASE_KW) not in text
    listed = {message["from"] for message in said if message["kind"] == "state" and message.get("jobs")}
    assert "agent-b" in listed
