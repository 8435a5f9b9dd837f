# SPDX-License-Identifier: BSD-3-Clause
"""The program of a shell's guest: `python -m apnemu.emulation.shell FOLDER [--live|--calls] [--script FILE]`."""

from __future__ import annotations

import json
import logging
import os
import runpy
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apnemu.blueprint.as_json import built_from
from apnemu.crossing import PROMPT
from apnemu.emulation import capture
from apnemu.emulation.channel import Channel, Output, Stray
from apnemu.emulation.controller import Controller
from apnemu.emulation.ends import Ends
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Scene
from apnemu.emulation.shell.breaks import Breaks
from apnemu.emulation.shell.calls import EVERY_NS, INTERRUPTED, Calls
from apnemu.emulation.shell.clock import Clock
from apnemu.emulation.shell.commands import Shell
from apnemu.emulation.shell.light import Light
from apnemu.emulation.shell.measures import NO_BULK
from apnemu.emulation.shell.names import Names
from apnemu.emulation.shell.others import Others
from apnemu.emulation.shell.sight import Sight
from apnemu.emulation.shell.watches import Watches
from apnemu.emulation.standing import name_places, stand, wait_for_a_round_instant
from apnemu.errors import ApnemuError
from apnemu.model.plant import PacketNetwork
from apnemu.model.scenario import START_EVERY_NS

HOSTS = Path("/etc/hosts")
LIVE = "--live"
"""The word that has a page shown what there is."""
CALLS = "--calls"
"""The word that has calls of a program answered, in place of lines."""
FAILED = 1
"""Exit code of a script that raised what it did not catch."""


class Session:
    """A shell on a network that stands, from its first prompt to its end."""

    def __init__(
        self, net: Net, controller: Controller | None, folder: Path, channel: Channel, *, is_live: bool = False
    ) -> None:
        self._channel = channel
        self.output = Output(channel)
        self._stray = Stray(channel)
        sys.stdout = sys.stderr = self.output
        for handler in _mininets():
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(self.output)
        told = json.loads((folder / "shell.json").read_text())
        names = Names(net.blueprint, told["labels"])
        _know(names)
        namespaces = {host.name: net[host.name].namespace for host in net.blueprint.hosts}
        self._scene = scene = Scene(
            net=net,
            folder=folder,
            notes=Notes(folder / "records.jsonl", net.blueprint.network),
            controller=controller,
            ends=Ends(net.blueprint, namespaces),
            namespaces=namespaces,
        )
        wait_for_a_round_instant(START_EVERY_NS)
        self.clock = Clock(
            channel, self.forward, lambda text: self.shell.typed(text), lambda line: self.shell.now(line)
        )
        self._begun_ns = begun_ns = time.clock_gettime_ns(time.CLOCK_REALTIME) - self.clock.now_ns
        self.watches = Watches(net, names, channel.say, lambda wall_ns: wall_ns - begun_ns, self.clock.shown)
        events: list[tuple[int, str]] = []
        self.shell = Shell(
            net,
            names,
            self.clock,
            self.output,
            light=Light(net.blueprint, names, lambda text: events.append((self.clock.now_ns, text))),
            breaks=Breaks(scene, names),
            watches=self.watches,
            others=Others(net, built_from(PacketNetwork, told["packet"])),
            events=events,
        )
        self._sight = Sight(channel, self.clock, self.shell) if is_live else None

    def forward(self, *, rests: bool = False) -> None:
        """Show what has been seen and printed since the last look; `rests`: the shell waits for a person then."""
        self._stray.forward()
        self.watches.forward()
        if self._sight is not None:
            self._sight.tell(rests=rests)

    def serve(self) -> int:
        """Obey the person's lines, one after another, until there is none."""
        while True:
            self.forward(rests=True)
            told = {"clock_ns": self.clock.now_ns, "place": self.shell.place}
            try:
                line = self._channel.wait(PROMPT, json.dumps(told))
                if line is None:
                    return 0
                self.clock.start()
                try:
                    if self.shell.attempt(line):
                        return 0
                finally:
                    self.clock.stop()
            except KeyboardInterrupt:  # it came as the command ended
                continue

    def answer(self) -> int:
        """Answer calls of a program of the host, one after another, until there is none."""
        calls = Calls(self.shell, self._scene, self._begun_ns)
        told: dict[str, Any] = {}
        self.clock.every_ns = EVERY_NS
        while True:
            self.forward()
            try:
                asked = self._channel.wait(PROMPT, json.dumps({"clock_ns": self.clock.now_ns, "told": told}))
                if asked is None:
                    calls.programs.end()
                    return 0
                self.clock.start()
                try:
                    told = calls.answer(asked)
                finally:
                    self.clock.stop()
            except KeyboardInterrupt:  # it came as the call ended
                told = INTERRUPTED

    def run(self, words: Sequence[str]) -> int:
        """Run a Python file with the network in its hands; returns its exit code."""
        sys.argv = list(words)
        sys.path.insert(0, str(Path(words[0]).parent))
        self.clock.start()
        try:
            runpy.run_path(words[0], init_globals=dict(self.shell.locals), run_name="__main__")
        except ApnemuError as error:
            self.output.write(f"{' '.join(str(error).split())}\n")
            return error.exit_code
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            self.output.write(traceback.format_exc())
            return FAILED
        finally:
            self.clock.stop()
            self.forward()
        return 0


def main(folder: Path, words: Sequence[str]) -> int:
    """Bring the network up, and serve until the end."""
    net, controller = stand(folder, lambda text: print(text, flush=True))
    name_places(net)
    capturing = None
    if net.blueprint.pcap:
        snap_bytes = net.blueprint.pcap_bytes
        left_out = (*capture.NOT_CONTROL, *(NO_BULK if words == [CALLS] else ()))
        capturing = capture.tcpdump(folder / "capture.pcap", "any", *left_out, snap_bytes=snap_bytes)
    channel = Channel(folder)
    is_live = LIVE in words[:1]
    words = words[is_live:]
    session = Session(net, controller, folder, channel, is_live=is_live)
    code = session.answer() if words == [CALLS] else session.run(words[1:]) if words else session.serve()
    session.shell.others.end()
    session.watches.end()
    if capturing:
        capture.end(capturing)
        (folder / "interfaces.json").write_text(json.dumps(net.own_interfaces()))
    return code


def _know(names: Names) -> None:
    """Let programs of the lab find hosts, and sites' first hosts, by name."""
    lines = [
        f"{names.address[host]} {' '.join([*([site] if not number else []), host])}\n"
        for site, hosts in names.hosts.items()
        for number, host in enumerate(hosts)
    ]
    with HOSTS.open("a") as file:
        file.writelines(lines)


def _mininets() -> list[logging.Handler]:
    """Handlers of Mininet's logger, which is none that Python's logging knows."""
    from mininet.log import lg

    return list(lg.handlers)


if __name__ == "__main__":
    code = 3
    try:
        code = main(Path(sys.argv[1]), sys.argv[2:])
    except ApnemuError as error:
        print(f"apnemu: {error}", file=sys.__stderr__)
        code = error.exit_code
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(code)
