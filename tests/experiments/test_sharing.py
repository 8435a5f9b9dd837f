"""Issue 3, row 8: what a tenant feels of another, measured with frames; and what is refused before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.experiments.command import THREE_SITES, Done, apnemu, settings

CONTRACT = {"scheme", "load", "tenant", "delay_ns_p50", "delay_ns_p99", "lost"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sharing")


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    asked = settings(load="0,1", probes=50)
    return apnemu("run", "sharing", *THREE_SITES, *asked, "--out", "run", "--json", folder=folder)


@pytest.fixture(scope="module")
def rows(done: Done) -> dict[tuple[str, str, float], dict[str, Any]]:
    found = done.json()["results"]
    assert all(set(row) >= CONTRACT for row in found)
    return {(row["scheme"], row["tenant"], row["load"]): row for row in found}


@pytest.mark.guest
def test_own_wavelengths_and_hard_slots_do_not_feel_the_neighbour(done: Done, rows: dict[Any, dict[str, Any]]) -> None:
    assert done.json()["expectation"]["met"] is True
    for scheme in ("own", "slots"):
        idle, full = rows[scheme, "a", 0.0], rows[scheme, "a", 1.0]
        for key in ("delay_ns_p50", "delay_ns_p99"):
            assert abs(full[key] - idle[key]) <= 100
        assert idle["lost"] == full["lost"] == 0 < idle["sent"]
        assert 0 <= idle["delay_ns_p50"] - idle["predicted_delay_ns"] <= 100


@pytest.mark.guest
def test_in_a_shared_queue_the_neighbour_is_felt(rows: dict[Any, dict[str, Any]]) -> None:
    """Past the line's rate the queue is full: a frame waits for 1,250,000 bytes at 100 Gbit/s, 100 us."""
    idle, full = rows["statistical", "a", 0.0], rows["statistical", "a", 1.0]
    assert 95_000 <= full["delay_ns_p99"] - idle["delay_ns_p99"] <= 100_300
    assert full["lost"] > 0 == idle["lost"]


@pytest.mark.guest
def test_a_share_is_all_that_its_tenant_gets(rows: dict[Any, dict[str, Any]]) -> None:
    """b offers 100 Gbit/s to a share of 50: half of what it sends is lost, but for what its queue holds."""
    full = rows["slots", "b", 1.0]
    assert full["lost"] / full["sent"] == pytest.approx(0.5, abs=0.03)
    assert {scheme: rows[scheme, "b", 1.0]["wavelengths"] for scheme in ("own", "slots", "statistical")} == {
        "own": 2,
        "slots": 1,
        "statistical": 1,
    }


@pytest.mark.guest
def test_the_page_says_it(folder: Path, done: Done) -> None:
    page = (folder / "run" / "report.html").read_text()
    assert "What tenant a feels when tenant b goes from idle to full: own (2 wavelengths): " in page
    assert page.count("<figcaption>Tenant a&#39;s probes") == 3


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"share_gbps": 60}, "96 tributary slots of 1.25 Gbit/s asked (a 48, b 48), a wavelength of 100 Gbit/s has 80"),
        ({"rate_gbps": 1600}, "wavelength own-a cannot be lit: rate: 1600 Gbit/s asked"),
        ({"from": "tokyo", "to": "tokyo"}, "from and to are both 'tokyo'"),
        ({"to": "kyoto"}, "to is 'kyoto'; it must be a data centre"),
        ({"mtu_bytes": 1000}, "frame_bytes is 1514; mtu_bytes=1000 allows 1014"),
    ],
)
def test_refusals(tmp_path: Path, asked: dict[str, object], says: str) -> None:
    done = apnemu("run", "sharing", *THREE_SITES, *settings(**asked), "--json", folder=tmp_path)
    assert done.code == 2
    assert says in done.err
