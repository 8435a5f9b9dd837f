# SPDX-License-Identifier: BSD-3-Clause
"""Plans that GNPy judges, plans by the table with its figures beside, and equipment of which it knows nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.model.demand import Demand
from apnemu.model.spectrum import Band, Slot
from apnemu.planning import plan
from apnemu.planning.judged import plan_judged
from apnemu.question.plants import star
from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
LINE_OF_1500_KM = """apnemu: 1
name: line
sites:
  a: {{kind: edge, lat: 35.0, lon: 130.0}}
  b: {{kind: edge, lat: 35.0, lon: 145.0}}
fibres: [{{between: [a, b], length_km: 1500}}]
demands: [{{name: d, from: a, to: b, rate_gbps: {rate_gbps}}}]
"""


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "xdg"))


def planned(file: Path, *options: str):  # type: ignore[no-untyped-def]
    ran = CliRunner().invoke(app, ["plan", str(file), "--json", *options])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", ["three-sites", "jpn12", "jpn48", "nsfnet", "cost239", "tokyo-metro"])
def test_gnpy_serves_every_demand_of_what_ships(name: str) -> None:
    judged = plan_judged(read_plant(TOPOLOGIES / f"{name}.yaml"), by_quality=True)
    assert judged.by_quality
    assert judged.assignment.refusals == ()
    assert all(path.margin_db is not None and path.margin_db >= 2 for path in judged.assignment.lightpaths)


@pytest.mark.parametrize("name", ["three-sites", "jpn12"])
def test_the_table_and_gnpy_agree_on_what_the_demo_runs(name: str) -> None:
    """Routes, slots and delays; another mode only where the table's reach ends before GNPy's."""
    plant = read_plant(TOPOLOGIES / f"{name}.yaml")
    by_table, by_gnpy = (plan_judged(plant, by_quality=by_quality).assignment for by_quality in (False, True))
    reach_km = {mode.name: mode.reach_km for mode in plant.modes}
    unlike = [(a, b) for a, b in zip(by_table.lightpaths, by_gnpy.lightpaths, strict=True) if a.mode != b.mode]
    assert all(reach_km[by_gnpy_path.mode] < path.length_km for path, by_gnpy_path in unlike)
    bare_table, bare_gnpy = (
        [replace(path, mode="", gsnr_db=None, margin_db=None) for path in lit.lightpaths] for lit in (by_table, by_gnpy)
    )
    assert bare_table == bare_gnpy
    assert by_table.refusals == by_gnpy.refusals == ()
    assert [replace(path, gsnr_db=None, margin_db=None) for path in by_table.lightpaths] == list(plan(plant).lightpaths)


def test_a_lightpath_that_would_not_close_is_told() -> None:
    far = star(read_plant(TOPOLOGIES / "three-sites.yaml"), (0.0, 5000.0, 6000.0), rate_gbps=100)
    judged = plan_judged(far, by_quality=False)
    near, weak, smeared = judged.assignment.lightpaths
    assert near.margin_db is not None and near.margin_db >= 2
    assert weak.margin_db is not None and weak.margin_db < 2
    assert smeared.gsnr_db is not None and smeared.margin_db is None  # dispersion beyond what the mode bears
    (warning,) = judged.warnings
    assert re.search(r"By GNPy 2 of 3 lightpaths would not close with 2 dB of margin: far-1 .*5000 km", warning)
    assert len(plan_judged(far, by_quality=True).assignment.refusals) == 2


def test_equipment_without_optical_figures_falls_back_and_says_so() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    own = replace(plant, modes=(*plant.modes, replace(plant.modes[0], name="mine", reach_km=1.0)))
    judged = plan_judged(own, by_quality=True)
    assert not judged.by_quality
    assert judged.assignment == plan(own)
    assert judged.notes == (
        "Reach is judged by a table of the transceiver modes, not by signal quality: the optics file has no figures of"
        " mine.",
    )


def test_modes_wider_than_the_band_are_left_out() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    narrow = plan_judged(replace(plant, band=Band(low=0, high=8)), by_quality=True)
    assert narrow.by_quality
    assert [path.slot for path in narrow.assignment.lightpaths] == [Slot(n=4, m=4)]
    none = plan_judged(replace(plant, band=Band(low=0, high=2)), by_quality=True)
    assert none.assignment.lightpaths == ()
    assert none.notes[0].endswith("no mode's slot fits into the band.")


def test_gnpy_is_not_asked_about_thousands_of_spans() -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    first, *rest = plant.fibres
    dense = replace(plant, fibres=(replace(first, amplifiers=1000), *rest))
    judged = plan_judged(dense, by_quality=True)
    assert not judged.by_quality
    assert judged.notes[0].endswith("fibre tokyo-nagoya has 1001 spans, and GNPy is asked about 1000 at most.")


def test_1500_km_at_400g_is_refused_by_the_command_with_gsnr_need_and_margin(tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text(LINE_OF_1500_KM.format(rate_gbps=400))
    document = planned(tmp_path / "line.yaml")
    assert document["judged_by"] == "quality"
    assert document["lightpaths"] == []
    (refusal,) = document["refusals"]
    assert (refusal["demand"], refusal["code"]) == ("d", "quality")
    found = re.search(
        r"\(1500 km\) no mode with 400 Gbit/s closes; "
        r"(\S+) has GSNR ([0-9.]+) dB .* needs ([0-9.]+)\D+ margin (-[0-9.]+) of"
        r" the 2 wanted .*; ask for (\d+) Gbit/s",
        refusal["reason"],
    )
    assert found is not None, refusal["reason"]
    assert float(found[2]) < float(found[3])

    # the lower mode that the refusal names closes
    (tmp_path / "slower.yaml").write_text(LINE_OF_1500_KM.format(rate_gbps=found[5]))
    (lightpath,) = planned(tmp_path / "slower.yaml")["lightpaths"]
    assert lightpath["margin_db"] >= 2


def test_a_run_by_quality_names_what_light_is_missing(tmp_path: Path) -> None:
    given = ["--quality", "--set", "rate_gbps=400", "--network", "apn", "--out", str(tmp_path / "run")]
    ran = CliRunner().invoke(app, ["run", "throughput", *given])
    assert isinstance(ran.exception, InputError)
    assert re.search(
        r"joins no two data centres \(t-o: quality: .* has GSNR [0-9.]+ dB .* needs 24", str(ran.exception)
    )
    assert not (tmp_path / "run").exists()


def test_the_table_is_the_way_back(tmp_path: Path) -> None:
    document = planned(TOPOLOGIES / "tokyo-metro.yaml", "--reach-table")
    assert document["judged_by"] == "reach-table"
    by_table = plan(read_plant(TOPOLOGIES / "tokyo-metro.yaml"))
    assert [path["mode"] for path in document["lightpaths"]] == [path.mode for path in by_table.lightpaths]
    modes = {path["name"]: path["mode"] for path in planned(TOPOLOGIES / "tokyo-metro.yaml")["lightpaths"]}
    assert any(modes[path.name] != path.mode for path in by_table.lightpaths)


def test_every_pair_of_the_12_largest_of_jpn48() -> None:
    plant = read_plant(TOPOLOGIES / "jpn48.yaml")
    largest = sorted(plant.sites, key=lambda site: (-(site.power_mw or 0), -(site.population or 0)))[:12]
    pairs = [(a.name, b.name) for index, a in enumerate(largest) for b in largest[index + 1 :]]
    demands = tuple(Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=100) for a, b in pairs)
    judged = plan_judged(replace(plant, demands=demands), by_quality=True)
    assert len(judged.assignment.lightpaths) == 66
