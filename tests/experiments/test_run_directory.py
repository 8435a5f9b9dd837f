# SPDX-License-Identifier: BSD-3-Clause
"""What a run leaves behind, and the commands that need no lab."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from apnemu import __version__
from apnemu.blueprint.document import Blueprint
from apnemu.records.table import read_parquet
from tests.experiments.command import THREE_SITES, TOPOLOGIES, Done, apnemu, settings

CONTRACT = {
    *("topology.yaml", "blueprint.json", "manifest.json", "records.parquet", "console.log", "report.html"),
    "results.json",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("ran")
    asked = ("run", "latency", *THREE_SITES, *settings(probes=3, line_rate_gbps=40), "--seed", "7", "--pcap", "--json")
    return folder, apnemu(*asked, folder=folder)


@pytest.mark.guest
def test_its_files_and_no_others(ran: tuple[Path, Done]) -> None:
    folder, done = ran
    assert done.code == 0, done.err
    run_dir = folder / done.json()["run_dir"]
    assert {path.name for path in run_dir.iterdir()} == CONTRACT | {"apn.pcapng", "packet.pcapng"}
    assert [path.name for path in folder.iterdir()] == ["runs"]
    assert (run_dir / "topology.yaml").read_bytes() == (TOPOLOGIES / "three-sites.yaml").read_bytes()
    assert json.loads((run_dir / "results.json").read_text()) == done.json()
    documents = json.loads((run_dir / "blueprint.json").read_text())
    for network in ("apn", "packet"):
        assert Blueprint.from_json(documents[network]).network == network
    kinds = read_parquet(run_dir / "records.parquet")["kind"].to_pylist()
    assert kinds.count("probe") == 2 * 2 * 3, "two networks, two directions, three probes"
    log = (run_dir / "console.log").read_text()
    assert log.count("switches ready") == 2
    assert "Traceback" not in log


@pytest.mark.guest
def test_its_manifest(ran: tuple[Path, Done]) -> None:
    folder, done = ran
    document = done.json()
    manifest = json.loads((folder / document["run_dir"] / "manifest.json").read_text())
    assert (manifest["status"], manifest["experiment"], manifest["seed"]) == ("done", "latency", 7)
    for name in ("virtual_s", "wall_s", "peak_memory_bytes"):
        assert manifest[name] == document[name]
    assert 100e6 < manifest["peak_memory_bytes"] < 4e9
    assert 0 < manifest["wall_s"] <= done.wall_s
    digest = hashlib.sha256((TOPOLOGIES / "three-sites.yaml").read_bytes()).hexdigest()
    assert manifest["inputs"]["three-sites.yaml"] == digest
    assert {"apnemu", "python", "kernel", "ovs", "os-ken", "mininet"} <= set(manifest["versions"])
    assert manifest["versions"]["apnemu"] == __version__
    assert manifest["versions"]["kernel"].startswith("6.")
    assert all(manifest["versions"].values())
    assert manifest["settings"]["probes"] == 3
    assert manifest["settings"]["line_rate_gbps"] == 40
    assert manifest["settings"]["load"] == ["idle"]
    assert any("infinitely fast" in line for line in manifest["approximations"])
    assert manifest["command"][:3] == ["apnemu", "run", "latency"]


@pytest.mark.guest
def test_its_command_gives_the_same_records(ran: tuple[Path, Done], tmp_path: Path) -> None:
    """How to repeat it, as the manifest says: nothing of importance is left out."""
    folder, done = ran
    command = json.loads((folder / done.json()["run_dir"] / "manifest.json").read_text())["command"]
    assert apnemu(*command[1:], "--out", "again", folder=tmp_path).code == 0
    first, name = folder / done.json()["run_dir"], "records.parquet"
    assert (tmp_path / "again" / name).read_bytes() == (first / name).read_bytes()
    assert {path.name for path in (tmp_path / "again").iterdir()} == {path.name for path in first.iterdir()}


@pytest.mark.guest
def test_report_writes_the_same_page_again(ran: tuple[Path, Done], tmp_path: Path) -> None:
    folder, done = ran
    page = folder / done.json()["run_dir"] / "report.html"
    before = page.read_bytes()
    assert len(before) > 10_000
    page.unlink()
    again = apnemu("report", done.json()["run_dir"], folder=folder)
    assert (again.code, again.out) == (0, f"page: {done.json()['run_dir']}/report.html\n")
    assert page.read_bytes() == before
    elsewhere = apnemu("report", done.json()["run_dir"], "--out", str(tmp_path / "new" / "page"), folder=folder)
    assert elsewhere.code == 0, elsewhere.err
    assert (tmp_path / "new" / "page" / "report.html").stat().st_size > 10_000


def test_check(tmp_path: Path) -> None:
    file = str(TOPOLOGIES / "jpn12.yaml")
    done = apnemu("check", file, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{file}: sound; 12 sites, 17 fibres of 7433.8 km together, 66 demands\n"
    facts = {"name": "jpn12", "sites": 12, "fibres": 17, "demands": 66, "fibre_km": 7433.8}
    assert apnemu("check", file, "--json", folder=tmp_path).json() == facts


def test_plan(tmp_path: Path) -> None:
    file = str(TOPOLOGIES / "three-sites.yaml")
    document = apnemu("plan", file, "--json", folder=tmp_path).json()
    (path,) = document["lightpaths"]
    assert set(path) == {"name", "from", "to", "route", "slot", "mode", "rate_gbps", "gsnr_db", "margin_db", "delay_ns"}
    assert (path["name"], path["from"], path["to"]) == ("t-o", "tokyo", "osaka")
    assert path["route"] == ["tokyo", "nagoya", "osaka"]
    assert set(path["slot"]) == {"n", "m"}
    (ways,) = document["ways"]
    assert set(ways) == {"name", "return_delay_ns", "channel_gsnr_db", "return_gsnr_db"}
    assert (ways["name"], ways["return_delay_ns"]) == ("t-o", None), "both ways are of one length"
    assert document["trees"] == document["refusals"] == []
    table = apnemu("plan", file, folder=tmp_path)
    assert table.code == 0
    assert all(word in table.out for word in ("tokyo", "osaka", "nagoya"))


def test_doctor(tmp_path: Path) -> None:
    """Each thing that is missing here, if any, is told with what mends it; the exit code is the lab's own needs'."""
    done = apnemu("doctor", "--json", folder=tmp_path)
    needs = json.loads(done.out)
    assert all(set(need) == {"name", "present", "why", "mend"} for need in needs)
    assert "kernel" in [need["name"] for need in needs]
    told = apnemu("doctor", folder=tmp_path)
    lines = told.out.splitlines()
    missing = [need for need in needs if not need["present"]]
    of_the_lab = [need for need in missing if not need["mend"].startswith("apnemu setup ")]
    assert told.code == done.code == (3 if of_the_lab else 0)
    assert [line[:7] == "ok     " for line in lines[: len(needs)]] == [need["present"] for need in needs]
    assert lines[len(needs) :] == [f"  {need['mend']}" for need in missing]


@pytest.mark.guest
def test_doctor_misses_nothing_where_labs_run(tmp_path: Path) -> None:
    assert [need["name"] for need in apnemu("doctor", "--json", folder=tmp_path).json() if not need["present"]] == []


@pytest.mark.guest
def test_lab_status(ran: tuple[Path, Done], tmp_path: Path) -> None:
    document = apnemu("lab", "status", "--json", folder=tmp_path).json()
    assert set(document) == {"kernel", "cached", "cached_bytes", "labs"}
    assert Path(document["kernel"]).is_file()
    assert document["kernel"] in [kept["path"] for kept in document["cached"]]
    told = apnemu("lab", "status", folder=tmp_path)
    assert f"kernel: {document['kernel']}\n" in told.out


@pytest.mark.guest
def test_lab_exec(tmp_path: Path) -> None:
    """The program's outputs and exit code are the command's; the clock is the lab's; nothing stays."""
    done = apnemu("lab", "exec", "--", "sh", "-c", "date +%Y; pwd; sleep 1000; echo no >&2; exit 9", folder=tmp_path)
    assert (done.code, done.out, done.err) == (9, f"2030\n{tmp_path}\n", "no\n")
    assert done.wall_s < 1000, "its sleep is not waited for"
    assert list(tmp_path.glob("runs/*")) == []
