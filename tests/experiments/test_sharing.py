# SPDX-License-Identifier: BSD-3-Clause
"""What a tenant feels of another, measured with frames; what is refused before; and what is judged of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apnemu.experiments.sharing import EXPERIMENT
from apnemu.experiments.sharing.question import ALLOWED_NS, Settings
from tests.experiments.command import THREE_SITES, Done, apnemu, settings

CONTRACT = {"scheme", "load", "tenant", "delay_ns_p50", "delay_ns_p99", "lost"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sharing")


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    asked = settings(load="0,1", probes=50, buffer_bytes=1_250_000)
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


def row(scheme: str, load: float, p99_ns: int | None, lost: int = 0, tenant: str = "a") -> dict[str, Any]:
    named = {"scheme": scheme, "load": load, "tenant": tenant, "delay_ns_p99": p99_ns, "lost": lost}
    return {**named, "wavelengths": 2 if scheme == "own" else 1, "predicted_delay_ns": 1_000}


def test_who_is_kept_apart_may_change_by_so_much_and_who_queues_must_wait() -> None:
    kept = [row("own", 0.0, 2_000), row("own", 1.0, 2_000 + ALLOWED_NS), row("own", 1.0, 9_000, lost=3, tenant="b")]
    queued = [row("statistical", 0.0, 2_000), row("statistical", 0.5, 2_000), row("statistical", 1.0, 2_001, lost=7)]
    verdict = EXPERIMENT.judge([*kept, *queued], Settings())
    assert (verdict.met, verdict.judged) == (True, 3)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            [row("slots", 0.0, 2_000), row("slots", 1.0, 2_101)],
            "1 of 2 rows judged; the worst (scheme slots, load 1.0, tenant a): "
            "99th percentile above the least 101 ns, expected at most 100 ns",
        ),
        (
            [row("own", 1.0, 2_000, lost=1)],
            "1 of 1 row judged; the worst (scheme own, load 1.0, tenant a): frames lost 1, expected 0",
        ),
        (
            [row("own", 0.0, 2_000), row("own", 1.0, None)],
            "1 of 2 rows judged; the worst (scheme own, load 1.0, tenant a): "
            "99th percentile was not measured, expected a value",
        ),
        (
            [row("statistical", 0.0, 2_000), row("statistical", 1.0, 2_000)],
            "1 of 1 row judged; the worst (scheme statistical, load 1.0, tenant a): "
            "99th percentile above that of the lowest load 0 ns, expected at least 1 ns",
        ),
        (
            [row("statistical", 0.0, None), row("statistical", 1.0, 2_000)],
            "1 of 1 row judged; the worst (scheme statistical, load 1.0, tenant a): "
            "99th percentile above that of the lowest load was not measured, expected a value",
        ),
    ],
)
def test_the_worst_row_is_named(rows: list[dict[str, Any]], why: str) -> None:
    verdict = EXPERIMENT.judge(rows, Settings())
    assert (verdict.met, verdict.why) == (False, why)


def test_a_shared_queue_at_one_load_has_nothing_to_compare() -> None:
    assert EXPERIMENT.judge([row("statistical", 1.0, 9_000)], Settings()).met is None
    assert EXPERIMENT.judge([], Settings()).met is None


def test_all_schemes_are_drawn_on_one_scale() -> None:
    rows = [row(scheme, load, 1_010 + int(1e5 * load)) for scheme in ("own", "statistical") for load in (0.0, 0.9)]
    rows[1]["delay_ns_p99"] = 1_011
    ((_, (own, queue)),) = EXPERIMENT.shown.groups(rows, {})
    assert "What tenant a waits for: a wavelength of its own (2 wavelengths for both)" in own
    assert "load 0.9: 11 ns" in own and "load 0.9: 90.0 µs" in queue
    for decade in ("10 ns", "100 µs"):
        assert f">{decade}</text>" in own and f">{decade}</text>" in queue
