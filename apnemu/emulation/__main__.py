"""The program of a guest: build, connect, play, write down, stop. Its folder is all that it is told."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from apnemu.emulation import capture, switching, transceivers
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.net import Net, load
from apnemu.emulation.notes import Notes
from apnemu.emulation.player import Player
from apnemu.errors import ApnemuError, LabError
from apnemu.model.scenario import START_EVERY_NS

OWN = ("lightpath", "packet", "apn")
"""Controllers of our own: they say when they are ready."""
CONTROLLER_LIMIT_S = 300.0
"""Virtual seconds that a controller has to make its switches ready."""
NOT_CONTROL = ("not", "net", "127.0.0.0/8")
"""Of a capture: OpenFlow's keepalives are no traffic of the network, and their instants are those of the start-up."""
PLAYER_PRIORITY = 10
"""Who plays goes before who watches (tcpdump) or idles (the switches' daemon): the lab has one CPU. The kernel's own
network thread goes before both (`boot.sh`)."""
LOOKUP_PRIORITY, CONTROLLER_PRIORITY = 8, 5
"""Of an on-demand network: its controller and its switches are computers of their own, which the lab's one CPU plays;
while the switches' daemon goes round its bridges, neither a frame nor the controller's answer waits."""
OPEN_FILES = 1 << 16
"""Of an on-demand network: a thousand may ask at once, each with a connection here and one at the controller."""
FOREIGN_SETTLE_S = 2.0
"""After its switches have connected, an application that is not ours gets this long to do what it does."""


def start_controller(net: Net, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The controller's process, and the descriptor on which it says that its switches are ready."""
    blueprint = net.blueprint
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "controllers.runtime", "--runtime", blueprint.controller_runtime]
    if blueprint.controller in OWN:
        command += ["--logic", blueprint.controller, "--blueprint", str(folder / "blueprint.json")]
        command += ["--ready", str(writing)]
    else:
        command += ["--file", blueprint.controller]
    log = (folder / "controller.log").open("wb")
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing,))
    os.close(writing)
    return running, reading


def wait_until_ready(net: Net, controller: subprocess.Popen[bytes], reading: int, folder: Path) -> None:
    """Raises LabError, with the controller's last words, if it dies or takes too long."""
    os.set_blocking(reading, False)
    foreign = net.blueprint.controller not in OWN
    for _ in range(int(CONTROLLER_LIMIT_S / 0.02)):
        time.sleep(0.02)
        if controller.poll() is not None:
            said = (folder / "controller.log").read_text(errors="replace").strip().splitlines()[-3:]
            raise LabError(f"the controller ended with {controller.returncode}: {' | '.join(said)}")
        if foreign:
            connected = switching.run("ovs-vsctl", "--columns=is_connected", "--no-headings", "list", "controller")
            if connected and "false" not in connected:
                time.sleep(FOREIGN_SETTLE_S)
                return
            continue
        try:
            if os.read(reading, 256):
                return
        except BlockingIOError:
            continue
    raise LabError(f"the controller did not make its switches ready within {CONTROLLER_LIMIT_S:.0f} virtual seconds")


def wait_for_a_round_instant() -> None:
    """Begin at a whole multiple of START_EVERY_NS of the lab's clock.

    How many system calls it took to get here depends on what Python found on the disk (a cached bytecode file, a path
    more), and each takes virtual time: what is played must not.
    """
    loop = Loop()
    loop.run((now_ns() // START_EVERY_NS + 1) * START_EVERY_NS)
    loop.close()


def used_memory_mb() -> int:
    """What the guest uses beyond what it could give back."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    found = {words[0].rstrip(":"): int(words[1]) for words in lines}
    return (found["MemTotal"] - found["MemAvailable"]) // 1024


def main(folder: Path, command: list[str]) -> int:
    """Play the stages; or, with a command, run that beside the controller: its exit code is the guest's."""
    net = load(folder)
    if net.blueprint.transceivers:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
        transceivers.start(net)
    controlled = start_controller(net, folder) if net.blueprint.switches else None
    net.start()
    tell = partial(print, flush=True, file=sys.stderr if command else sys.stdout)
    tell("network built")
    if controlled:
        wait_until_ready(net, *controlled, folder)
    tell("switches ready")
    if net.blueprint.transceivers and controlled:
        switching.prefer_lookups(LOOKUP_PRIORITY)
        switching.no_keepalives()
        for thread in Path("/proc", str(controlled[0].pid), "task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(CONTROLLER_PRIORITY))
    if command:
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    notes = Notes(folder / "records.jsonl", net.blueprint.network)
    capturing = capture.tcpdump(folder / "capture.pcap", "any", *NOT_CONTROL) if net.blueprint.pcap else None
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PLAYER_PRIORITY))
    wait_for_a_round_instant()
    Player(net, folder, notes).play()
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
