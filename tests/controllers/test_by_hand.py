# SPDX-License-Identifier: BSD-3-Clause
"""What a person does beside the controller of a network: asks, watches, moves, books, gives back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from apnemu.blueprint.requests import service_uuid
from tests.experiments.command import REPOSITORY, Done, apnemu
from tests.experiments.test_failover import RING

FRAMES = """
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[2:]:
    begun = time.monotonic()
    for number in range(int(sys.argv[2])):
        one.sendto(str(number).encode(), (sys.argv[1], 5000))
        time.sleep(max(0, begun + 0.01 * (number + 1) - time.monotonic()))
else:
    one.bind((sys.argv[1], 5000))
    one.settimeout(5)
    came = []
    try:
        while True:
            came.append(int(one.recv(99)))
    except TimeoutError:
        print(*came)
"""
"""Datagrams 10 ms apart; ping is not used for so many, as it polls without pause before each."""
SCRIPT = f"""
set -e
cd /run/apnemu
export PYTHONPATH={REPOSITORY}
ctl() {{ {sys.executable} -m apnemu.cli ctl "$@"; }}
ctl watch --for-s 330 > watched &
ctl request one a b --json > asked
ip netns exec b-h1 {sys.executable} frames.py 10.0.2.1 > came &
receiving=$!
sleep 1
ip netns exec a-h1 {sys.executable} frames.py 10.0.2.1 9000 &
sleep 2
ctl move one --json > moving
wait $receiving
ctl list --json > moved
ctl request later c d --start-in-s 20 --end-in-s 120 --no-wait --json > booked
sleep 15
ip netns exec c-h1 ping -n -q -c 1 -W 1 10.0.4.1 > early || true
sleep 85
ip netns exec c-h1 ping -n -q -c 10 -i 0.2 10.0.4.1 > during
ctl list --json > halfway
sleep 25
ctl list --json > after
ctl release one
ctl list --json > empty
wait
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("by-hand")
    (folder / "ring.yaml").write_text(RING)
    shared = folder / "shared"
    shared.mkdir()
    (shared / "script.sh").write_text(SCRIPT)
    (shared / "frames.py").write_text(FRAMES)
    command = ("lab", "net", "ring.yaml", "--folder", str(shared), "--transceivers", "2")
    done: Done = apnemu(*command, "--", "sh", "/run/apnemu/script.sh", folder=folder)
    assert done.code == 0, done.out + done.err
    return shared


def services(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    return {one["uuid"]: one for one in json.loads((folder / name).read_text())}


@pytest.mark.long
@pytest.mark.guest
def test_a_move_loses_nothing(folder: Path) -> None:
    assert list(map(int, (folder / "came").read_text().split())) == list(range(9000))
    before, after = (services(folder, name)[service_uuid("one")]["connection"] for name in ("asked", "moved"))
    assert len(before) == len(after) == 1
    assert (before[0]["apnemu:route"], before[0]["apnemu:slot"]) != (after[0]["apnemu:route"], after[0]["apnemu:slot"])


@pytest.mark.long
@pytest.mark.guest
def test_booked_light_comes_and_goes_at_its_time(folder: Path) -> None:
    later = service_uuid("later")
    booked = services(folder, "booked")[later]
    assert (booked["lifecycle-state"], booked["operational-state"]) == ("PLANNED", "DISABLED")
    assert " 1 received" not in (folder / "early").read_text()
    assert "10 packets transmitted, 10 received" in (folder / "during").read_text()
    assert services(folder, "halfway")[later]["operational-state"] == "ENABLED"
    assert list(services(folder, "after")) == [service_uuid("one")]


@pytest.mark.long
@pytest.mark.guest
def test_what_is_given_back_is_gone_and_who_watches_is_told(folder: Path) -> None:
    assert services(folder, "empty") == {}
    lines = [json.loads(line) for line in (folder / "watched").read_text().splitlines()]
    of_one = [line["service"] for line in lines if line["uuid"] == service_uuid("one")]
    assert of_one[0]["operational-state"] == "DISABLED"
    assert of_one[1]["operational-state"] == "ENABLED"
    assert of_one[-1] is None
    assert [line["at_s"] for line in lines] == sorted(line["at_s"] for line in lines)
