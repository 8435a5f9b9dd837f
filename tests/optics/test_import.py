# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu import`, and plans of what it wrote beside GNPy's own command line on the files given back."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.optics import export_gnpy, export_imported, read_gnpy
from apnemu.optics.foreign import Foreign
from apnemu.planning.judged import plan_judged
from apnemu.topology import input_files, read_plant
from tests.optics.lines import EXAMPLES, TOPOLOGIES
from tests.optics.test_command_line import PROGRAMS, SAME_DB, final_gsnr_db, gnpy_says

SWEDEN = ("Sweden_OpenROADMv5_example_network.json", "--equipment", str(EXAMPLES / "eqpt_config_openroadm_ver5.json"))
MESH = ("meshTopologyExampleV2.json",)


def imported(out: Path, name: str, *options: str):  # type: ignore[no-untyped-def]
    ran = CliRunner().invoke(app, ["import", str(EXAMPLES / name), "--out", str(out), "--json", *options])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def planned(file: Path, folder: Path):  # type: ignore[no-untyped-def]
    ran = CliRunner().invoke(app, ["plan", str(file), "--json", "--export-gnpy", str(folder)])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.mark.slow
def test_the_main_example_has_gnpys_published_figure(tmp_path: Path) -> None:
    said = imported(tmp_path / "t.yaml", "edfa_example_network.json")
    assert round(said["gsnr_db"], 2) == 31.17
    assert (said["sites"], said["fibres"], said["demands"]) == (2, 1, 1)
    (lightpath,) = planned(tmp_path / "t.yaml", tmp_path / "gnpy")["lightpaths"]
    text = gnpy_says(
        PROGRAMS / "gnpy-transmission-example",
        tmp_path / "gnpy" / "network.json",
        "-e",
        tmp_path / "gnpy" / "equipment.json",
        "--spectrum",
        tmp_path / "gnpy" / f"spectrum-{lightpath['mode']}.json",
    )
    assert lightpath["gsnr_db"] == pytest.approx(final_gsnr_db(text), abs=SAME_DB)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("network", [MESH, SWEDEN], ids=["mesh", "sweden"])
def test_every_lightpath_is_as_gnpys_path_request_has_it(tmp_path: Path, network: tuple[str, ...]) -> None:
    imported(tmp_path / "t.yaml", *network)
    lightpaths = planned(tmp_path / "t.yaml", tmp_path / "gnpy")["lightpaths"]
    files = (tmp_path / "gnpy" / name for name in ("network.json", "services.json"))
    equipment, answer = tmp_path / "gnpy" / "equipment.json", tmp_path / "answer.json"
    gnpy_says(PROGRAMS / "gnpy-path-request", *files, "-e", equipment, "-o", answer)
    theirs = {}
    for response in json.loads(answer.read_text())["gnpy-path-computation:responses"]["response"]:
        properties = response.get("path-properties") or response["no-path"]["path-properties"]
        metrics = {metric["metric-type"]: metric["accumulative-value"] for metric in properties["path-metric"]}
        theirs[response["response-id"]] = float(metrics["SNR-0.1nm"])
    assert len(lightpaths) >= 10
    between = {frozenset((fibre.a, fibre.b)): fibre.name for fibre in read_plant(tmp_path / "t.yaml").fibres}
    for path in lightpaths:
        fibres = [between[frozenset(hop)] for hop in pairwise(path["route"])]
        assert path["gsnr_db"] == pytest.approx(theirs["/".join((*fibres, path["mode"]))], abs=SAME_DB)


def test_sites_and_fibres_are_the_networks(tmp_path: Path) -> None:
    imported(tmp_path / "t.yaml", *SWEDEN, "--rate-gbps", "200")
    plant, network = read_plant(tmp_path / "t.yaml"), read_gnpy(EXAMPLES / SWEDEN[0], equipment=Path(SWEDEN[2]))
    assert {site.name for site in plant.sites} == set(network.sites.values())
    assert {fibre.name: fibre.length_km for fibre in plant.fibres} == {
        name: chain.length_km for name, chain in network.chains.items()
    }
    assert {demand.rate_gbps for demand in plant.demands} == {200}
    assert [path.name for path in input_files(tmp_path / "t.yaml")][-2:] == [SWEDEN[0], Path(SWEDEN[2]).name]


def test_a_fibre_that_gnpy_does_not_have_is_refused(tmp_path: Path) -> None:
    imported(tmp_path / "t.yaml", *MESH)
    text = (tmp_path / "t.yaml").read_text()
    extra = "  - {between: [lorient-kma, rennes-sta], length_km: 200}\ndemands:"
    (tmp_path / "t.yaml").write_text(text.replace("demands:", extra, 1))
    with pytest.raises(
        InputError, match=r"fibre lorient-kma-rennes-sta .* is not in the GNPy network; import it again"
    ):
        plan_judged(read_plant(tmp_path / "t.yaml"), by_quality=True)


def test_a_network_that_has_gone_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_bytes((EXAMPLES / MESH[0]).read_bytes())
    ran = CliRunner().invoke(app, ["import", str(tmp_path / "network.json"), "--out", str(tmp_path / "t.yaml")])
    assert ran.exit_code == 0, ran.output
    assert 'network: "network.json"' in (tmp_path / "t.yaml").read_text()
    (tmp_path / "network.json").unlink()
    with pytest.raises(InputError, match=r"t.yaml:\d+: network is 'network.json'; there is no such file"):
        read_plant(tmp_path / "t.yaml")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("mine")
    ran = subprocess.run(
        [PROGRAMS / "python", "-m", "apnemu.cli", "import", EXAMPLES / MESH[0], "--out", tmp_path / "t.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "exists already" in ran.stderr
    assert (tmp_path / "t.yaml").read_text() == "mine"


def raman(folder: Path, **nli: object) -> tuple[str, ...]:
    """GNPy's Raman example with other channels to compute; the file is written into the folder."""
    params = json.loads((EXAMPLES / "sim_params.json").read_text())
    del params["nli_params"]["computed_channels"]
    params["nli_params"] |= nli
    (folder / "sim.json").write_text(json.dumps(params))
    return "raman_edfa_example_network.json", "--sim-params", str(folder / "sim.json")


@pytest.mark.long
@pytest.mark.slow
def test_a_network_with_raman_pumps_is_as_gnpy_has_it_on_what_is_given_back(tmp_path: Path) -> None:
    imported(tmp_path / "t.yaml", *raman(tmp_path, computed_number_of_channels=3))
    (lightpath,) = planned(tmp_path / "t.yaml", tmp_path / "gnpy")["lightpaths"]
    options = {
        "-e": "equipment.json",
        "--sim-params": "sim_params.json",
        "--spectrum": f"spectrum-{lightpath['mode']}.json",
    }
    words = [word for key, name in options.items() for word in (key, tmp_path / "gnpy" / name)]
    text = gnpy_says(PROGRAMS / "gnpy-transmission-example", tmp_path / "gnpy" / "network.json", *words)
    assert lightpath["gsnr_db"] == pytest.approx(final_gsnr_db(text), abs=SAME_DB)


@pytest.mark.slow
def test_channels_to_compute_that_a_full_band_does_not_have_are_refused(tmp_path: Path) -> None:
    """GNPy's own sim_params.json names channel 75; 75 GHz apart there are 64."""
    imported(tmp_path / "t.yaml", *raman(tmp_path, computed_channels=[1, 75]))
    ran = CliRunner().invoke(app, ["plan", str(tmp_path / "t.yaml")])
    assert isinstance(ran.exception, InputError)
    assert "names channel 75, and a full band has 64" in str(ran.exception)
    assert "write computed_number_of_channels: 2" in str(ran.exception)


@pytest.mark.parametrize(
    ("part", "changed", "said"),
    [
        ("nli_params", {"computed_channels": None}, "computes each channel apart"),
        ("raman_params", {"result_spatial_resolution": 1}, "result_spatial_resolution is 1,"),
        ("raman_params", {"solver_spatial_resolution": 0.5}, "solver_spatial_resolution is 0.5,"),
        ("nli_params", {"dispersion_tolerance": 0.001}, "dispersion_tolerance is 0.001,"),
        ("nli_params", {"phase_shift_tolerance": 1e-9}, "phase_shift_tolerance is 1e-09,"),
    ],
)
def test_parameters_by_which_gnpy_would_compute_for_minutes_are_refused(
    part: str, changed: dict[str, Any], said: str, tmp_path: Path
) -> None:
    params = json.loads((EXAMPLES / "sim_params.json").read_text())
    kept = {**params[part], **changed}
    params[part] = {key: value for key, value in kept.items() if value is not None}
    (tmp_path / "sim.json").write_text(json.dumps(params))
    with pytest.raises(InputError, match=said):
        read_gnpy(EXAMPLES / "raman_edfa_example_network.json", sim_params=tmp_path / "sim.json")


def test_an_element_without_a_place_is_taken_and_one_that_is_nowhere_on_earth_refused(tmp_path: Path) -> None:
    document = json.loads((EXAMPLES / "edfa_example_network.json").read_text())
    place = document["elements"][0]["metadata"].pop("location")
    network = tmp_path / "network.json"
    network.write_text(json.dumps(document))
    imported(tmp_path / "t.yaml", str(network))
    document["elements"][0]["metadata"]["location"] = {**place, "latitude": 2000}
    network.write_text(json.dumps(document))
    ran = CliRunner().invoke(app, ["import", str(network), "--out", str(tmp_path / "u.yaml")])
    assert isinstance(ran.exception, InputError) and ran.exception.file == str(network)
    assert "Site_A lies at latitude 2000" in str(ran.exception)


@pytest.mark.slow
def test_a_route_of_an_imported_network_is_computed_once_and_anew_when_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tmp_path / "mesh.json"
    network.write_bytes((EXAMPLES / MESH[0]).read_bytes())
    imported(tmp_path / "t.yaml", str(network))
    first = planned(tmp_path / "t.yaml", tmp_path / "one")
    asked = []
    arrivals = Foreign.arrivals
    monkeypatch.setattr(Foreign, "arrivals", lambda *given: asked.append(given) or arrivals(*given))
    assert planned(tmp_path / "t.yaml", tmp_path / "two") == first
    assert asked == []
    network.write_text(network.read_text().replace('"length": 50', '"length": 49'))
    assert planned(tmp_path / "t.yaml", tmp_path / "three") != first
    assert asked


@pytest.mark.slow
def test_demands_over_one_route_are_one_request_of_gnpy(tmp_path: Path) -> None:
    """GNPy refuses a file in which a request comes twice: of a network of its own, and of ours."""
    imported(tmp_path / "mesh.yaml", *MESH)
    ours = read_plant(TOPOLOGIES / "three-sites.yaml")
    theirs = read_plant(tmp_path / "mesh.yaml")
    route = (theirs.fibres[0].name,)
    first = ours.fibres[0]
    export_imported(theirs, tmp_path / "theirs", routes=[route, route])
    export_gnpy(ours, tmp_path / "ours", routes=[(first.a, (first.name,)), (first.a, (first.name,))])
    for folder, plant in (("theirs", theirs), ("ours", ours)):
        files = (tmp_path / folder / name for name in ("network.json", "services.json"))
        answer = tmp_path / folder / "answer.json"
        gnpy_says(PROGRAMS / "gnpy-path-request", *files, "-e", tmp_path / folder / "equipment.json", "-o", answer)
        responses = json.loads(answer.read_text())["gnpy-path-computation:responses"]["response"]
        assert len(responses) == len(plant.modes)


def test_an_equipment_file_that_is_none_is_bad_input() -> None:
    with pytest.raises(InputError, match="GNPy refuses it: AttributeError"):
        read_gnpy(EXAMPLES / "edfa_example_network.json", equipment=EXAMPLES / "sim_params.json")
