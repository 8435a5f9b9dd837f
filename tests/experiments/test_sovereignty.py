# SPDX-License-Identifier: BSD-3-Clause
"""What a zone holds back, by the captures of every fibre and host as scapy reads them; what is refused before a run."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.utils import PcapNgReader

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, REST_PORT
from apnemu.blueprint.captured import captured as named_in_captures
from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError
from apnemu.experiments.sovereignty.cast import KINDS, Cast
from apnemu.experiments.sovereignty.question import EXPERIMENT, prepare
from apnemu.experiments.sovereignty.rows import blocked_of, cost_of_obeying
from apnemu.experiments.sovereignty.settings import Settings
from apnemu.experiments.watt_day.question import EXPERIMENT as WATT_DAY
from apnemu.experiments.watt_day.settings import Settings as Day
from apnemu.model.activities import Routing
from apnemu.model.demand import Demand
from apnemu.model.plant import Controller, Plant
from apnemu.model.scenario import Stage
from apnemu.model.zone import Zone
from apnemu.planning import next_hops, plan
from apnemu.running.manifest import leaves_zones, routers_without_zones
from apnemu.units import VirtualNs
from tests.compiled import TOPOLOGIES, compiled, shipped
from tests.experiments.command import Done, apnemu, settings

ZONED = ("run", "sovereignty", "--pcap", "--json", *settings(attempts=18, revoke_at_s=90))
CUT = ("sea-cable", "sea-cable, kumamoto-kagoshima")
"""Fibres that are not in the zone, and one more, so that Kagoshima has no way within it."""
ROUTED = Stage(phase="routed", duration_ns=VirtualNs(1), activities=(Routing(),))


def captured(run_dir: Path, blueprint: Blueprint) -> Counter[str]:
    """Bytes of frames at each switch's port, by scapy; those at gates and beyond hold no more than requests."""
    seen: Counter[str] = Counter()
    with PcapNgReader(str(run_dir / f"{blueprint.network}.pcapng")) as reader:
        for packet in reader:
            name = str(packet.sniffed_on)
            seen[name] += packet.wirelen
            if name.startswith("onward"):
                assert TCP in packet and REST_PORT in (packet[TCP].sport, packet[TCP].dport)
                assert {packet[IP].src, packet[IP].dst} > {CONTROLLER_ADDRESS}
    assert seen.total(), blueprint.topology
    return seen


def ports(blueprint: Blueprint, inside: set[str], without: set[str]) -> tuple[set[str], set[str]]:
    """Switches' ports to fibres of the zone, as captures name them; and those to all other fibres, and to hosts
    outside."""
    names = named_in_captures(blueprint, {}).names
    site = {switch.name: switch.site for switch in blueprint.switches}
    within: set[str] = set()
    outside: set[str] = set()
    for wire in blueprint.wires:
        ends = [end for end in (wire.a, wire.b) if end.node in site]
        lies_in = {site[end.node] for end in ends} <= inside and wire.name not in without
        if wire.kind == "fibre" or not lies_in:
            (within if lies_in else outside).update(names.get(end.interface, end.interface) for end in ends)
    return within, outside


@pytest.fixture(scope="module")
def obeyed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("obeyed")
    return folder / "a", apnemu(*ZONED, "--out", "a", folder=folder)


def seen_in(run_dir: Path, network: str = "apn") -> tuple[int, int]:
    """Bytes captured on the zone's fibres, and outside."""
    blueprint = Blueprint.from_json(json.loads((run_dir / "blueprint.json").read_text())[network])
    within, outside = ports(blueprint, {"hakata", "kumamoto", "kagoshima"}, set(CUT[network == "packet"].split(", ")))
    assert within and outside and not within & outside
    seen = captured(run_dir, blueprint)
    return sum(seen[port] for port in within), sum(seen[port] for port in outside)


@pytest.mark.guest
def test_nothing_leaves_and_all_attempts_are_in_the_log(obeyed: tuple[Path, Done]) -> None:
    run_dir, done = obeyed
    assert done.code == 0, done.out + done.err
    (row,) = done.json()["results"]
    assert (row["bytes_outside"], row["attempts"], row["blocked"]) == (0, 18, 18)
    assert set(row["by_kind"]) == set(KINDS)
    assert done.err.count("The controller stands at hiroshima, outside the zone of hakata") == 1
    inside, outside = seen_in(run_dir)
    assert outside == 0 and inside > 1_000_000
    assert abs(row["revoke_s"] - row["predicted_revoke_s"]) <= 1e-3
    assert row["cost_yen"] == pytest.approx(3_360_000, rel=1e-6)


@pytest.mark.long
@pytest.mark.guest
def test_routers_and_walls_hold_a_zone_over_the_packet_network(tmp_path: Path) -> None:
    """Also towards a host of the zone to which all ways but those outside are cut."""
    text = (TOPOLOGIES / "kyushu-zone.yaml").read_text()
    (tmp_path / "cut.yaml").write_text(text.replace(f"[{CUT[0]}]", f"[{CUT[1]}]"))
    asked = ("--network", "packet", "--topology", "cut.yaml", "--pcap", "--json", "--out", "p")
    done = apnemu("run", "sovereignty", *asked, *settings(attempts=14, revoke_at_s=80), folder=tmp_path)
    assert done.code == 0, done.out + done.err
    (row,) = done.json()["results"]
    assert (row["bytes_outside"], row["attempts"], row["blocked"], row["audit_lines"]) == (0, 14, 14, 14)
    assert set(row["by_kind"]) == {"route", "tcp", "udp", "icmp", "ipv6", "forged", "dcn"}
    assert row["revoke_s"] is row["predicted_revoke_s"] is None
    inside, outside = seen_in(tmp_path / "p", "packet")
    assert outside == 0 and inside > 1_000_000


@pytest.mark.long
@pytest.mark.guest
def test_the_packet_network_lets_all_of_it_out_where_nobody_obeys(tmp_path: Path) -> None:
    asked = ("--network", "packet", "--pcap", "--json", "--out", "p")
    done = apnemu("run", "sovereignty", *asked, *settings(attempts=12, revoke_at_s=80, obey="no"), folder=tmp_path)
    (row,) = done.json()["results"]
    assert row["bytes_outside"] > 0 and row["blocked"] == 0
    assert seen_in(tmp_path / "p", "packet")[1] > 0


@pytest.mark.long
@pytest.mark.guest
def test_the_same_attempts_get_out_where_nobody_obeys(tmp_path: Path) -> None:
    """The instrument sees what leaves: without a zone light is given, and data go over it once that is on."""
    asked = settings(attempts=16, revoke_at_s=200, obey="no")
    done = apnemu("run", "sovereignty", "--pcap", "--json", *asked, "--out", "a", folder=tmp_path)
    (row,) = done.json()["results"]
    assert row["bytes_outside"] > 0 and row["blocked"] < row["attempts"]
    assert seen_in(tmp_path / "a")[1] > 0


@pytest.mark.long
@pytest.mark.guest
def test_the_same_run_gives_the_same_records(obeyed: tuple[Path, Done], tmp_path: Path) -> None:
    apnemu(*ZONED, "--out", "b", folder=tmp_path, environment={"PYTHONHASHSEED": "7"})
    assert (tmp_path / "b" / "records.parquet").read_bytes() == (obeyed[0] / "records.parquet").read_bytes()


def test_what_zones_do_not_hold_is_said_before_the_run() -> None:
    plant = shipped("kyushu-zone")
    assert leaves_zones(shipped("jpn12"), ("apn", "packet"), Path("own.py")) == ()
    away, apart = leaves_zones(
        dataclasses.replace(plant, demands=(Demand(name="x", source="hakata", target="osaka", rate_gbps=1),)),
        ("packet",),
        None,
    )
    assert (
        "at hiroshima, outside the zone of hakata, kumamoto, kagoshima" in away
        and "name a site of the zone under controller" in away
    )
    assert "Routers do not join hakata and osaka" in apart and "widen the zone" in apart
    inside = dataclasses.replace(plant, controller=Controller(at="kumamoto"))
    assert leaves_zones(inside, ("apn", "packet"), None) == ()
    (foreign,) = leaves_zones(inside, ("packet",), Path("folder/own.py"))
    assert foreign.startswith("own.py forwards as it likes")
    routed = blueprint_for("packet", inside, plan(inside), next_hops(inside), (ROUTED,), seed=1)
    assert "OSPF know no zones" in routers_without_zones([routed])[0]
    assert routers_without_zones([compiled(inside, "packet"), compiled(shipped("jpn12"), "packet")]) == ()


def test_a_zone_without_the_aggregator_is_said_before_a_day() -> None:
    plant = shipped("kyushu-zone")
    (said,) = WATT_DAY.warns(plant, Day())
    assert said.startswith("Zone kyushu does not let hakata, kumamoto, kagoshima speak with osaka") and "`at`" in said
    assert WATT_DAY.warns(plant, Day(control=("alone",))) == WATT_DAY.warns(shipped("two-areas"), Day()) == ()


def zoned(**values: Any) -> Plant:
    return prepare(shipped("kyushu-zone"), Settings(**values))


@pytest.mark.parametrize(
    ("plant", "values", "words"),
    [
        (shipped("jpn12"), {}, ["has no zones", "add zones: {NAME"]),
        (shipped("kyushu-zone"), {"zone": "kyusho"}, ["'kyusho'", "no such zone", "name one of kyushu"]),
        (shipped("kyushu-zone"), {"revoke_at_s": 20.0}, ["revoke_at_s is 20", "that at least", "raise it"]),
        (
            dataclasses.replace(shipped("jpn12"), zones=(Zone(name="japan", sites="all"),)),
            {"zone": "japan"},
            ["has every data centre", "take a smaller zone"],
        ),
        (
            dataclasses.replace(shipped("jpn12"), zones=(Zone(name="two", sites=("sapporo", "naha")),)),
            {"zone": "two"},
            ["no two data centres that light within it joins", "add a site or a fibre"],
        ),
        (
            dataclasses.replace(shipped("jpn12"), zones=(Zone(name="two", sites=("sapporo", "sendai")),)),
            {},
            ["binds no site", "write zone: two at a site, or --set zone=two"],
        ),
    ],
)
def test_what_cannot_be_played_is_refused(plant: Plant, values: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        prepare(plant, Settings(**values))
    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2


def test_a_named_zone_binds_its_data_centres_alone() -> None:
    plant = dataclasses.replace(shipped("jpn12"), zones=(Zone(name="north", sites=("sapporo", "sendai", "tokyo")),))
    bound = prepare(plant, Settings(zone="north"))
    assert [site.name for site in bound.sites if site.zone] == ["sapporo", "sendai", "tokyo"]
    cast = Cast(plant=bound, settings=Settings(zone="north"))
    assert set(cast.pair) <= {"sapporo", "sendai", "tokyo"} and "osaka" in cast.outside
    assert cast.leaving is not None and cast.leaving[2] == "1+1"


def test_attempts_are_of_all_kinds_and_lie_around_the_withdrawal() -> None:
    cast = Cast(plant=zoned(), settings=Settings())
    attempts = list(cast.attempts())
    assert len(attempts) == 100 and {each["kind"] for each in attempts} == set(KINDS)
    assert cast.lit_ns < attempts[0]["at_ns"] < 120e9 < attempts[-1]["at_ns"]
    assert {each["to"] for each in attempts if "to" in each} == {"10.0.4.1", "10.0.5.1", CONTROLLER_ADDRESS}
    over_packets = Cast(plant=zoned(), settings=Settings(), network="packet").attempts()
    assert {each["kind"] for each in over_packets} == set(KINDS) - {"light", "route", "replay"}


def test_an_attempt_counts_as_blocked_by_a_line_of_its_own() -> None:
    def line(what: str, allowed: bool = False) -> dict[str, Any]:
        return {"what": what, "allowed": allowed}

    def attempt(what: str, through: bool = False) -> dict[str, Any]:
        return {"what": what, "through": through}

    tries = [attempt("request x a > b"), attempt("request x a > b"), attempt("tcp a > b"), attempt("udp a > b")]
    assert blocked_of(tries, [line("request x a > b"), line("tcp a > b")]) == [True, False, True, False]
    assert blocked_of([attempt("tcp a > b", True)], [line("tcp a > b")]) == [False]
    assert blocked_of([attempt("tcp a > b")], [line("tcp a > b", True)]) == [False]


def test_obeying_costs_what_dear_power_costs_more() -> None:
    """20 MW x PUE 1.4: a day in area-a less one that follows the cheaper price of each hour."""
    cast = Cast(plant=zoned(), settings=Settings())
    held, free = 6 * 8000 + 18 * 16000, 6 * 8000 + 4 * 12000 + 6 * 4000 + 8 * 12000
    assert cost_of_obeying(cast, cast.plant.power) == pytest.approx(28 * (held - free), rel=1e-9)
    assert cost_of_obeying(cast, None) is None


def row(**values: Any) -> dict[str, Any]:
    held = {"network": "apn", "zone": "z", "obey": True, "bytes_inside": 9, "bytes_outside": 0, "attempts": 8}
    return held | {"blocked": 8, "revoke_s": 0.003, "predicted_revoke_s": 0.0031, "cost_yen": None} | values


@pytest.mark.parametrize(
    ("values", "met"),
    [
        ({}, True),
        ({"bytes_outside": 1}, False),
        ({"bytes_outside": None}, False),
        ({"blocked": 7}, False),
        ({"revoke_s": 0.0042}, False),
        ({"revoke_s": None}, False),
        ({"bytes_inside": 0}, False),
        ({"cost_yen": -5.0}, False),
        ({"obey": False, "bytes_outside": 70, "blocked": 0}, None),
        ({"network": "packet", "revoke_s": None, "predicted_revoke_s": None}, True),
        ({"network": "packet", "bytes_outside": 1}, False),
    ],
)
def test_verdict(values: dict[str, Any], met: bool | None) -> None:
    assert EXPERIMENT.judge([row(**values)], Settings()).met is met
