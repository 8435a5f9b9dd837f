# SPDX-License-Identifier: BSD-3-Clause
"""Both frameworks, and applications that are not ours."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import pytest

from tests import ryu_applications
from tests.experiments.command import THREE_SITES, TOPOLOGIES, apnemu, settings

pytestmark = [
    pytest.mark.guest,
    pytest.mark.skipif(importlib.util.find_spec("ryu") is None, reason="Ryu 4.34 is not installed"),
]
PROBES = 4


@pytest.mark.long
@pytest.mark.slow
def test_ryu_gives_what_os_ken_gives(tmp_path: Path) -> None:
    """Records to the byte, frames to the nanosecond: nothing that is seen depends on how long it took to start.

    Captures to the byte would be too much: the kernel draws IP identifiers, after more draws under the one framework.
    """
    for runtime in ("os-ken", "ryu"):
        asked = ("run", "latency", *THREE_SITES, "--controller-runtime", runtime, "--out", runtime, "--pcap")
        done = apnemu(*asked, *settings(probes=PROBES), folder=tmp_path)
        assert done.code == 0, done.err
    ryu, os_ken = tmp_path / "ryu", tmp_path / "os-ken"
    assert (ryu / "records.parquet").read_bytes() == (os_ken / "records.parquet").read_bytes()
    for name in ("apn.pcapng", "packet.pcapng"):
        assert len(frames(ryu / name)) > 100
        assert frames(ryu / name) == frames(os_ken / name)


def frames(capture: Path) -> list[bytes]:
    """Interface, stamp and lengths of every frame: the head of each Enhanced Packet Block (kind 6)."""
    data, place, found = capture.read_bytes(), 0, []
    while place < len(data):
        kind, length = struct.unpack_from("<II", data, place)
        if kind == 6:
            found.append(data[place + 8 : place + 28])
        place += length
    return found


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["os-ken", "ryu"])
def test_simple_switch_13_unchanged(tmp_path: Path, runtime: str) -> None:
    """Ryu's own application floods and learns; once it has, its rules are as fast as ours."""
    spec = importlib.util.find_spec("ryu")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "app" / "simple_switch_13.py"
    asked = ("run", "latency", *THREE_SITES, "--network", "packet", *settings(probes=PROBES), "--json")
    done = apnemu(*asked, "--controller", str(file), "--controller-runtime", runtime, folder=tmp_path)
    rows = done.json()["results"]
    assert {(row["from"], row["to"]) for row in rows} == {("tokyo", "osaka"), ("osaka", "tokyo")}
    for row in rows:
        assert (row["sent"], row["lost"]) == (PROBES, 0)
        assert abs(row["rtt_ns_p50"] - row["predicted_rtt_ns"]) <= 1_000


@pytest.mark.long
@pytest.mark.slow
def test_applications_of_ryus_do_what_they_are_for_on_either_framework(capfd: pytest.CaptureFixture[str]) -> None:
    """Those that serve pages, one of which requires others; `tests/ryu_applications.py` has the others."""
    failed = ryu_applications.table(["simple_switch_rest_13", "ofctl_rest", "gui_topology/gui_topology"])
    assert failed == 0, capfd.readouterr().out


@pytest.mark.slow
def test_a_broadcast_storm_is_named(tmp_path: Path) -> None:
    """A learning switch on rings. The limit is far: it must not come to it."""
    file = ryu_applications.REPOSITORY / "examples" / "own_controller.py"
    asked = ("run", "latency", "--topology", str(TOPOLOGIES / "nsfnet.yaml"), "--network", "packet")
    done = apnemu(*asked, "--controller", str(file), "--wall-limit-s", "600", folder=tmp_path)
    assert done.code == 3
    assert "a broadcast storm: one frame left by " in done.err
    assert "--settle 40" in done.err
