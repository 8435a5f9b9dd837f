# SPDX-License-Identifier: BSD-3-Clause
"""Loss, jitter and a measured delay as ping and iperf3 see them, and what is then judged."""

from __future__ import annotations

import json
import random
import statistics
from pathlib import Path

import pytest
from scipy.stats import binom  # type: ignore[import-untyped]  # it ships no types

from tests.experiments.command import apnemu

SITES = """\
apnemu: 1
name: chances
sites:
  a: {kind: edge, lat: 35.0, lon: 135.0}
  b: {kind: edge, lat: 35.1, lon: 135.1}
fibres:
"""
DEMANDS = "demands:\n  - {name: a-b, from: a, to: b, rate_gbps: 10}\n"
SCRIPT = """
import json
a, b = net["a-h1"], net["b-h1"]
print("pings", json.dumps(a.cmd("ping -n -i 0.001 -c 3000", b.IP())))
for _ in range(9):  # its first datagram is not sent again where it is lost
    server = b.popen(["iperf3", "-s", "-1"])
    a.cmd("sleep 0.1")
    end = json.loads(a.cmd("iperf3 -J -u -l 1000 -b 400M -t 1 -c", b.IP()))["end"]
    server.kill()
    server.wait()
    if "sum" in end:
        break
print("iperf", json.dumps(end["sum"]))
"""
DRAWN = [(seed, random.Random(f"chances {seed}")) for seed in (1, 2, 3)]


def topology(folder: Path, keys: str) -> str:
    file = folder / "chances.yaml"
    file.write_text(f"{SITES}  - {{between: [a, b], {keys}}}\n{DEMANDS}")
    return str(file)


def seen(folder: Path, file: str, seed: int) -> tuple[list[float], dict[str, float]]:
    """Round trips of ping in ms, and iperf3's summary."""
    (folder / "script.py").write_text(SCRIPT)
    done = apnemu(
        *("lab", "net", file, "--network", "packet", "--seed", str(seed), "--folder", f"net-{seed}"),
        *("--script", str(folder / "script.py")),
        folder=folder,
    )
    assert done.code == 0, done.err
    said = dict(line.split(" ", 1) for line in done.out.splitlines() if line.startswith(("pings", "iperf")))
    times = [
        float(line.split("time=")[1].split()[0]) for line in json.loads(said["pings"]).split("\n") if "time=" in line
    ]
    return times, json.loads(said["iperf"])


def within(lost: int, sent: int, probability: float) -> bool:
    """Whether a count lies in the binomial distribution's middle 99 %."""
    low, high = (binom.ppf(share, sent, probability) for share in (0.005, 0.995))
    return bool(low <= lost <= high)


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize(("seed", "draw"), DRAWN)
def test_ping_and_iperf3_see_what_is_declared(tmp_path: Path, seed: int, draw: random.Random) -> None:
    loss, back = (round(10 ** draw.uniform(-3, -0.7), 5) for _ in range(2))
    out_ns, back_ns = (draw.randrange(100_000, 5_000_000) for _ in range(2))
    file = topology(tmp_path, f"delay_ns: {{out: {out_ns}, back: {back_ns}}}, loss: {{out: {loss}, back: {back}}}")
    times, flow = seen(tmp_path, file, seed)
    assert within(3000 - len(times), 3000, 1 - (1 - loss) * (1 - back))
    assert within(int(flow["lost_packets"]), int(flow["packets"]), loss)
    assert 0 <= statistics.median(times) - (out_ns + back_ns) / 1e6 < 0.5, "routers add their own"
    assert max(times) - min(times) <= 0.1, "all alike, to the digits that ping shows"
    assert (times, flow) == seen(tmp_path, file, seed), "the same seed, the same chances"


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("jitter", ["uniform", "normal"])
def test_delay_varies_as_declared_and_no_frame_overtakes(tmp_path: Path, jitter: str) -> None:
    deviation_us = 400 / 12**0.5 if jitter == "uniform" else 50
    keys = f"length_km: 300, jitter_us: {{out: {200 if jitter == 'uniform' else 50}, back: 0}}, jitter: {jitter}"
    times, flow = seen(tmp_path, topology(tmp_path, keys), 5)
    assert len(times) == 3000
    # standard errors of mean and deviation of 3,000 draws are 1.8 % and 1.3 % of the deviation
    assert statistics.stdev(times) * 1e3 == pytest.approx(deviation_us, rel=0.08)
    still, _ = seen(tmp_path, topology(tmp_path, "length_km: 300"), 5)
    assert (statistics.mean(times) - statistics.mean(still)) * 1e3 == pytest.approx(0, abs=0.08 * deviation_us)
    assert flow["lost_packets"] == 0, "iperf3 takes a datagram that another has overtaken for lost"


@pytest.mark.long
@pytest.mark.guest
def test_latency_reckons_with_chances_and_throughput_does_not_judge_them(tmp_path: Path) -> None:
    keys = "delay_ns: {out: 412345, back: 500001}, line: {loss: 0.02, jitter_us: 7.5}"
    file = topology(tmp_path, keys)
    done = apnemu("run", "latency", "--topology", file, "--set", "probes=500", "--json", folder=tmp_path)
    document = done.json()
    assert document["expectation"]["met"] is True, document["expectation"]["why"]
    rows = {(row["from"], row["network"]): row for row in document["results"]}
    light = rows["a", "apn"]
    assert abs(light["rtt_ns_p50"] - light["predicted_rtt_ns"]) <= 25 and light["jitter_ns"] == 0
    assert (light["predicted_loss"], light["lost"]) == (0, 0)
    assert rows["a", "packet"]["predicted_loss"] == pytest.approx(1 - 0.98**2)
    assert 0 < rows["a", "packet"]["jitter_ns"] <= 30_000
    asked = ("run", "throughput", "--topology", file, "--set", "flows=1", "--set", "congestion_control=cubic")
    short = ("--set", "seconds=0.05", "--set", "ramp_s=0.1")
    both = apnemu(*asked, *short, "--json", folder=tmp_path)
    assert "packet network is not judged: the topology declares loss and jitter of a-b" in both.err
    assert both.json()["expectation"]["judged"] == 1, "the APN has none"
    alone = apnemu(*asked, *short, "--network", "packet", "--json", folder=tmp_path)
    assert alone.code == 0
    assert alone.json()["expectation"]["met"] is None
    assert alone.json()["expectation"]["why"].startswith("nothing is judged: the topology declares loss and jitter")


def test_what_goes_round_is_not_sent_where_it_would_leak(tmp_path: Path) -> None:
    file = topology(tmp_path, "length_km: 80, loss: 0.001")
    done = apnemu("run", "latency", "--topology", file, "--set", "load=full", folder=tmp_path)
    assert done.code == 2
    assert "fibre a-b would lose them all in time; take its loss out, or give load=idle" in done.err
