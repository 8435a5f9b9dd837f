# SPDX-License-Identifier: BSD-3-Clause
"""What `read_plant` makes of sound files: values, defaults, meshes, names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.model.plant import Background, Fibre, Plant
from apnemu.model.spectrum import Band
from apnemu.topology import read_plant
from apnemu.topology.equipment import SHIPPED

SHORT = """\
apnemu: 1
name: short
sites:
  no:   {kind: exchange, lat: 35.0, lon: 139.0}
  yes:  {kind: cluster, lat: 35.0, lon: 139.1, power_mw: 1e2, population: 1000, hosts: 3}
  east: {kind: edge, lat: 35.0, lon: 139.2}
fibres:
  - {between: [no, yes], length_km: 80}
  - {between: [yes, no], length_km: 80.001, name: spare, group_index: 1.003, span_km: 20}
  - {between: [east, no], length_km: 161}
"""


@pytest.fixture
def write(tmp_path: Path):
    def _write(text: str, name: str = "a.yaml") -> Plant:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return read_plant(path)

    return _write


def test_sites(write) -> None:
    plant = write(SHORT)
    no, yes, east = plant.sites
    assert (no.name, no.kind, no.hosts, no.power_mw, no.population) == ("no", "exchange", 0, None, None)
    assert (yes.name, yes.hosts, yes.power_mw, yes.population) == ("yes", 3, 100.0, 1000)
    assert (east.hosts, east.lat, east.lon) == (1, 35.0, 139.2)
    assert [site.name for site in plant.data_centres] == ["yes", "east"]


def test_fibres_in_order_with_defaults_from_the_equipment(write) -> None:
    first, spare, third = write(SHORT).fibres
    assert first == Fibre(name="no-yes", a="no", b="yes", length_km=80.0, amplifiers=0, amplifier_delay_ns=125)
    assert (spare.name, spare.a, spare.group_index, spare.amplifiers) == ("spare", "yes", 1.003, 4)
    assert (third.name, third.amplifiers) == ("east-no", 2)
    assert third.ways[0].delay_ns == round(161e3 * 1.468 / 299_792_458 * 1e9) + 2 * 125


def test_defaults_of_a_file_that_says_little(write) -> None:
    plant = write(SHORT)
    assert (plant.source, plant.licence, plant.inferred, plant.demands) == ("not stated", "not stated", (), ())
    assert plant.band == Band()
    packet = plant.packet
    assert (packet.line_rate_gbps, packet.mtu_bytes, packet.buffer_bytes) == (100.0, 1500, 12_500_000)
    assert (packet.forwarding_ns, packet.oeo_ns, packet.fec_ns) == (10_000, 100_000, 0)
    assert packet.background == Background(kind="poisson", load=0.0, frame_bytes=1514)


@pytest.mark.parametrize(
    ("own", "line_rate_gbps", "buffer_bytes"),
    [
        ("{}", 250.0, 31_250_000),
        ("{line_rate_gbps: 10}", 10.0, 1_250_000),
        ("{buffer_bytes: 9000}", 250.0, 9_000),
        ("{line_rate_gbps: 0.001}", 0.001, 1_514),
        ("{buffer_us: 20}", 250.0, 625_000),
    ],
)
def test_routers_are_as_fast_as_the_fastest_light_unless_somebody_says_otherwise(
    write, own: str, line_rate_gbps: float, buffer_bytes: int
) -> None:
    demands = "demands:\n  - {name: m, from: yes, to: east, rate_gbps: 250}\n"
    plant = write(SHORT + demands + f"packet: {own}\n")
    assert (plant.packet.line_rate_gbps, plant.packet.buffer_bytes) == (line_rate_gbps, buffer_bytes)
    slower = replace(plant, demands=(replace(plant.demands[0], rate_gbps=2.5),)).equal_lines().packet
    assert slower.line_rate_gbps == (line_rate_gbps if "line_rate_gbps" in own else 2.5)


def test_mesh_among_all_joins_each_pair_of_data_centres_once_in_file_order(write) -> None:
    plant = write(SHORT + "demands:\n  - {name: m, among: all, rate_gbps: 100}\n")
    assert [(d.name, d.source, d.target, d.rate_gbps) for d in plant.demands] == [("m/yes-east", "yes", "east", 100.0)]


def test_mesh_among_some_is_in_the_order_of_the_sites_not_of_the_list() -> None:
    root = Path(__file__).parents[2] / "topologies"
    plant = read_plant(root / "tokyo-metro.yaml")
    assert [d.name for d in plant.demands][2:5] == [
        "edge/shinjuku-shibuya",
        "edge/shinjuku-kawasaki",
        "edge/shibuya-kawasaki",
    ]


def test_own_packet_values_go_over_the_defaults(write) -> None:
    own = "packet: {line_rate_gbps: 100, mtu_bytes: 9000, oeo_us: 0.125, background: {kind: pareto, load: 0.4}}\n"
    packet = write(SHORT + own).packet
    assert (packet.line_rate_gbps, packet.oeo_ns, packet.forwarding_ns) == (100.0, 125, 10_000)
    assert packet.background == Background(kind="pareto", load=0.4, frame_bytes=9014)
    assert packet.source.endswith("The topology sets background, line_rate_gbps, mtu_bytes, oeo_us.")


def test_spectrum_is_whole_steps(write) -> None:
    assert write(SHORT + "spectrum: {from_thz: 191.3, to_thz: 196.1}\n").band == Band(low=-288, high=480)
    assert write(SHORT + "spectrum: {from_thz: 193.09375, to_thz: 193.10625}\n").band == Band(low=-1, high=1)


def test_every_edge_of_the_grid_is_read_exactly(write) -> None:
    for edge in range(-300, 500, 7):
        text = f"spectrum: {{from_thz: {193.1 + edge * 0.00625:.5f}, to_thz: 200}}\n"
        assert write(SHORT + text).band.low == edge


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode())
    assert read_plant(path).name == "short"


def test_equal_names_of_a_mesh_are_refused(write) -> None:
    sites = "".join(f"  {name}: {{kind: edge, lat: 35, lon: 139}}\n" for name in ("a", "b-c", "a-b", "c"))
    fibres = "".join(f"  - {{between: [a, {name}], length_km: 1}}\n" for name in ("b-c", "a-b", "c"))
    text = f"apnemu: 1\nname: x\nsites:\n{sites}fibres:\n{fibres}demands:\n  - {{name: m, among: all, rate_gbps: 1}}\n"
    with pytest.raises(InputError, match=r":13: demand name 'm/a-b-c' comes twice"):
        write(text)


def test_equipment_beside_the_file_goes_first(tmp_path: Path, write) -> None:
    text = (SHIPPED / "default.yaml").read_text()
    (tmp_path / "equipment").mkdir()
    (tmp_path / "equipment" / "mine.yaml").write_text(text.replace("express_ns: 0", "express_ns: 33"))
    assert write(SHORT + "equipment: mine\n").roadm.express_ns == 33
    assert write(SHORT).roadm.express_ns == 0


def test_devices_of_ones_own_go_over_the_defaults(tmp_path: Path, write) -> None:
    text = (SHIPPED / "default.yaml").read_text()
    before, rest = text.split("devices:\n")
    after = rest[rest.index("# Reach stands in for") :]
    own = "devices: {laser_tuning_ms: 0.25, source: my own bench}\n"
    (tmp_path / "equipment").mkdir()
    (tmp_path / "equipment" / "mine.yaml").write_text(before + own + after)
    (tmp_path / "equipment" / "silent.yaml").write_text(before + after)
    default = write(SHORT).devices
    mine = write(SHORT + "equipment: mine\n").devices
    assert (mine.laser_tuning_ns, mine.fec_lock_ns) == (250_000, default.fec_lock_ns)
    assert mine.source == f"my own bench; {default.source}"
    assert write(SHORT + "equipment: silent\n").devices == default
    assert min(default.wss_switching_ns, default.amplifier_settling_ns, default.controller_computing_ns) > 0


def test_risks(write) -> None:
    duct = SHORT.replace("length_km: 161}", "length_km: 161, risks: [duct, bridge]}")
    plant = write(duct.replace("length_km: 80}", "length_km: 80, risks: [duct]}"))
    assert plant.at_risk == {"duct": ("no-yes", "east-no"), "bridge": ("east-no",)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("apnemu-equipment: 1", "apnemu-equipment: 7", r"mine\.yaml:\d+: apnemu-equipment is 7; .*from 1 to 1"),
        ("express_ns: 0", "express_ns: 0.5", r"mine\.yaml:\d+: express_ns of roadm is 0.5; it must be a whole number"),
        ("slot_m: 7", "slot_m: 0", r"mine\.yaml:\d+: slot_m of mode \d+ is 0; .*from 1 to 64"),
        ("reach_km: 120", "reach: 120", r"mine\.yaml:\d+: unknown key 'reach' in mode 1; did you mean reach_km"),
        ("oeo_us: 100", "oeo_us: -1", r"mine\.yaml:\d+: oeo_us of packet is -1; "),
        ("openroadm-300g-8qam", "400zr", r"mine\.yaml:\d+: mode 400zr comes twice; names must differ"),
        ("  forwarding_us: 10", "  #", r"mine\.yaml:\d+: packet has no forwarding_us"),
    ],
)
def test_bad_equipment_is_named_by_its_own_file(tmp_path: Path, write, old: str, new: str, message: str) -> None:
    text = (SHIPPED / "default.yaml").read_text()
    assert old in text
    (tmp_path / "equipment").mkdir()
    (tmp_path / "equipment" / "mine.yaml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        write(SHORT + "equipment: mine\n")
