# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu ctl` beside a served controller and no lab: what it prints where, and how it ends, when it gets no light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import AtOnce
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.server import serve
from tests.controllers.on_demand import on_demand
from tests.experiments.command import apnemu

TWICE = ("request", "one", "tokyo", "osaka", "--protection", "1+1", "--no-wait")
"""There is one way from Tokyo to Osaka, over Nagoya."""
REASON = "protection: tokyo and osaka can be joined, but no second route"


@pytest.fixture
def at() -> Iterator[str]:
    server = serve(Northbound(AtOnce(Apn(on_demand("three-sites", transceivers=4))), token=None), 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_light_as_a_json_document_and_nothing_else(at: str, tmp_path: Path) -> None:
    done = apnemu("ctl", *TWICE, "--at", at, "--json", folder=tmp_path)
    assert (done.code, done.err) == (1, "")
    assert done.json()["reason"].startswith(REASON)
    moved = apnemu("ctl", "request", "one", "tokyo", "osaka", "--no-wait", "--at", at, "--json", folder=tmp_path)
    assert moved.code == 0
    again = apnemu("ctl", "request", "one", "tokyo", "osaka", "--no-wait", "--at", at, "--json", folder=tmp_path)
    assert (again.code, list(again.json())) == (1, ["reason"])


def test_no_light_for_a_person(at: str, tmp_path: Path) -> None:
    done = apnemu("ctl", *TWICE, "--at", at, folder=tmp_path)
    assert done.code == 1
    assert done.out.startswith(REASON)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(done.out)


@pytest.fixture
def labelled_at() -> Iterator[str]:
    blueprint = on_demand("three-sites", transceivers=4)
    assert blueprint.plant is not None
    labels = {"tokyo": "東京", "nagoya": "都", "osaka": "都"}
    sites = tuple(replace(site, label=labels[site.name]) for site in blueprint.plant.sites)
    apn = Apn(replace(blueprint, plant=replace(blueprint.plant, sites=sites)))
    server = serve(Northbound(AtOnce(apn), token=None), 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_sites_may_be_named_by_their_labels(labelled_at: str, tmp_path: Path) -> None:
    at = ("--no-wait", "--at", labelled_at)
    done = apnemu("ctl", "request", "回線", "東京", "osaka", *at, "--json", folder=tmp_path)
    assert done.code == 0, done.err
    two = apnemu("ctl", "request", "two", "東京", "都", *at, folder=tmp_path)
    assert (two.code, two.out) == (2, "")
    assert "'都' is the label of nagoya and of osaka; there are tokyo (東京), nagoya (都), osaka (都)" in two.err
    none = apnemu("ctl", "request", "three", "京都", "osaka", *at, folder=tmp_path)
    assert "'京都' is no data centre of this network; there are tokyo (東京)" in none.err


@pytest.mark.parametrize("rate", ["nan", "inf", "0", "-1"])
def test_a_rate_that_is_none(at: str, tmp_path: Path, rate: str) -> None:
    asked = ("request", "one", "tokyo", "osaka", f"--rate-gbps={rate}", "--at", at)
    done = apnemu("ctl", *asked, folder=tmp_path)
    wrong = f"--rate-gbps is {rate}; it must be a number above 0; for example --rate-gbps 100"
    assert (done.code, done.out, done.err.splitlines()) == (2, "", [wrong])


@pytest.mark.parametrize("where", ["http://[bad", "http://", "http://127.0.0.1:port"])
def test_an_address_that_is_none(tmp_path: Path, where: str) -> None:
    done = apnemu("ctl", "list", "--at", where, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert f"--at is '{where}'" in done.err and done.err.endswith("it must be like http://127.0.0.1:8181\n")
