# SPDX-License-Identifier: BSD-3-Clause
"""The program of a guest: builds, connects, plays, writes down, stops. Its folder is all that it is told."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from apnemu.emulation import capture
from apnemu.emulation.hand import FOLLOWED, Hand, Tell, nobody
from apnemu.emulation.namespaces import plays_devices
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.player import Player
from apnemu.emulation.standing import name_places, stand, wait_for_a_round_instant
from apnemu.errors import ApnemuError, LabError
from apnemu.model.scenario import START_EVERY_NS

SCRIPT = "--script"
"""The word before a Python file that is run with the network in its hands, in place of a command."""
PLAYER_PRIORITY = 10
"""Priority of the player. One with a priority sleeps until its very instant: others' timers may be 50 us late. What can
run at one instant does so by priority; the kernel's own network thread goes first (`boot.sh`)."""


def used_memory_mb() -> int:
    """Memory in MiB that the guest uses beyond what it could give back."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kib = {words[0].rstrip(":"): int(words[1]) for words in lines}
    return (kib["MemTotal"] - kib["MemAvailable"]) // 1024


def run_to_its_end(command: list[str]) -> int:
    """Run a command, end what it leaves running in the background, and return its exit code.

    Raises LabError for a command that cannot be run.
    """
    try:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        raise LabError(f"{command[0]} cannot be run: {error.strerror}; give a program that the lab finds") from error
    with started as running:
        code = running.wait()
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    return code


def run_script(net: Net, words: list[str]) -> int:
    """Run a Python file, with its arguments, that finds Mininet's network in the name `net`."""
    sys.argv = words
    sys.path.insert(0, str(Path(words[0]).parent))
    runpy.run_path(words[0], init_globals={"net": net}, run_name="__main__")
    return 0


def follow(folder: Path, hand: Hand) -> Tell:
    """Begin to have the run followed; returns what hears of what is seen."""
    from apnemu.emulation.followed import Follower  # files less for all other runs

    return Follower(folder, hand).tell


def main(folder: Path, command: list[str]) -> int:
    """Play the stages; or run a command or a script beside the controller, whose exit code is then the guest's."""
    is_followed, command = FOLLOWED in command[:1], [] if FOLLOWED in command[:1] else command
    say = partial(print, flush=True, file=sys.stderr if command else sys.stdout)
    net, controller = stand(folder, say)
    if command:
        name_places(net)
        return run_script(net, command[1:]) if command[0] == SCRIPT else run_to_its_end(command)
    notes = Notes(folder / "records.jsonl", net.blueprint.network)
    snap_bytes, file = net.blueprint.pcap_bytes, folder / "capture.pcap"
    capturing = (
        capture.tcpdump(file, "any", *capture.NOT_CONTROL, snap_bytes=snap_bytes) if net.blueprint.pcap else None
    )
    hand = Hand()
    tell = follow(folder, hand) if is_followed else nobody
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PLAYER_PRIORITY))
    if net.blueprint.transceivers:
        plays_devices(os.getpid())  # those who ask for light are as many computers; programs that it starts are none
    wait_for_a_round_instant(START_EVERY_NS)
    Player(net, folder, notes, controller, tell=tell, hand=hand).play()
    if controller:
        controller.check_alive()
    notes.close()
    (folder / "usage.json").write_text(json.dumps({"memory_mb": used_memory_mb()}))
    if capturing:
        capture.end(capturing)
        (folder / "interfaces.json").write_text(json.dumps(net.own_interfaces()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
    except ApnemuError as error:
        print(f"apnemu: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
