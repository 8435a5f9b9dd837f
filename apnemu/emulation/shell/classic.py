# SPDX-License-Identifier: BSD-3-Clause
"""Mininet's commands, with names of sites and fibres, and without its own reading of the keyboard.

A line that begins with a host, or a site, is run by that host's shell, as in Mininet; a host alone is entered, and
takes every line until `exit`. Further words that name hosts or sites become addresses.
"""

from __future__ import annotations

import cmd
import os
import shlex
import signal
import subprocess
from contextlib import suppress
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.emulation.channel import Output
from apnemu.emulation.net import OWN, Net
from apnemu.emulation.nodes import CLI
from apnemu.emulation.shell.clock import Clock
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError

CHUNK_BYTES = 1 << 16
NO_SCREEN = "the lab has no screen; a host's name alone enters its shell, for example: tokyo"


class Classic(CLI):  # type: ignore[misc]  # mininet has no types
    """Mininet's CLI beside a gate."""

    def __init__(self, net: Net, names: Names, clock: Clock, output: Output) -> None:
        self.mn = net
        self.locals: dict[str, Any] = {"net": net}
        self.inputFile = None
        cmd.Cmd.__init__(self, stdout=output)  # type: ignore[arg-type]  # it writes, and no more
        self.names = names
        self.clock = clock
        self.output = output
        self.blueprint: Blueprint = net.blueprint
        self.place = ""
        """Host that has been entered; "" is the shell itself."""
        self._runs_on: Any = None
        """Node whose command runs."""

    def obey(self, line: str) -> bool:
        """Do what a line says; returns whether the shell is to end."""
        if self.place:
            return self._in_place(line)
        line = self.precmd(line.strip())
        first, _, rest = line.partition(" ")
        if not first or not hasattr(self, f"do_{first}"):
            if first and (node := self.names.node(first)):
                self._on_node(node, rest.strip())
                return False
            if first and first != "?":
                raise InputError(f"'{first}' is no command, no site and no host; help lists the commands")
        self.output.shown = self.names.shown
        try:
            return bool(self.onecmd(line))
        finally:
            self.output.shown = str

    def default(self, line: str) -> None:
        """Do what a line within another command's says, such as that of `time`."""
        self.obey(line)

    def typed(self, text: str) -> None:
        """Hand what the person has typed to the command that runs."""
        if self._runs_on is not None and self._runs_on.waiting:
            self._runs_on.write(text)

    def interrupt(self) -> None:
        """End the command that runs, as Ctrl-C does, and wait until it has ended."""
        node = self._runs_on
        while node is not None and node.waiting:
            with suppress(KeyboardInterrupt):
                node.sendInt()
                self._wait_for(node)

    def waitForNode(self, node: Any) -> None:  # noqa: N802  # Mininet's name
        """Show what a node's command prints, until it ends."""
        self._runs_on = node
        try:
            self._wait_for(node)
        except KeyboardInterrupt:
            self.interrupt()
        self._runs_on = None

    def isatty(self) -> bool:
        """Whether Mininet's own code may speak to a terminal; it may not."""
        return False

    def _wait_for(self, node: Any) -> None:
        while node.waiting:
            self.output.write(node.monitor())

    def _in_place(self, line: str) -> bool:
        if line.strip() in ("exit", "logout"):
            self.place = ""
        elif line.strip():
            self._on_node(self.place, line)
        return False

    def _on_node(self, name: str, line: str) -> None:
        if not line:
            if name not in self.names.address:
                raise InputError(f"{self.names.shown(name)} is no host; give a command behind it")
            self.place = name
            return
        node = self.mn[name]
        words = [self.names.resolved(word) if number else word for number, word in enumerate(line.split(" "))]
        node.need_shell()
        self.clock.keep_pace(takes_lines=True)
        node.sendCmd(" ".join(words))
        self.waitForNode(node)

    def do_sh(self, line: str) -> None:
        """Run a program in the lab, outside of all hosts. Usage: sh [cmd args]"""
        self.clock.keep_pace(takes_lines=False)
        running = subprocess.Popen(
            line,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert running.stdout is not None
        try:
            while data := os.read(running.stdout.fileno(), CHUNK_BYTES):
                self.output.write(data.decode(errors="replace"))
        except KeyboardInterrupt:
            self.output.write("\n")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.stdout.close()
            running.wait()

    def do_nodes(self, _line: str) -> None:
        """List the sites with their hosts and switches."""
        for switch in self.blueprint.switches:
            hosts = ", ".join(self.names.hosts.get(switch.site, ())) or "no data centre"
            self.output.write(f"{switch.site}: {switch.name}, {hosts}\n")

    def do_dpctl(self, line: str) -> None:
        """Ask all switches with ovs-ofctl. Usage: dpctl command [arg1] [arg2] ..."""
        words = line.split()
        if not words:
            raise InputError("dpctl needs a command of ovs-ofctl; for example dpctl dump-flows")
        version = ["-O", "OpenFlow13"] if self.blueprint.controller in OWN else []
        for switch in self.mn.switches:
            self.output.write(f"*** {switch.name} {'-' * 60}\n")
            self.output.write(switch.cmd("ovs-ofctl", *version, words[0], switch.name, *words[1:]))

    def do_links(self, _line: str) -> None:
        """List the fibres and the hosts' lines, and whether both ends are up."""
        for link in self.mn.links:
            ends = (
                f"{end.node.name} {end}" if end.node.name in self.names.address else str(end)
                for end in (link.intf1, link.intf2)
            )
            self.output.write(f"{' - '.join(ends)} {link.status()}\n")

    def do_iperf(self, line: str) -> None:
        """Run iperf over TCP between two hosts. Usage: iperf tokyo osaka"""
        words = line.split() or list(self.names.hosts)[:1] + list(self.names.hosts)[-1:]
        self._iperf(words, [])

    def do_iperfudp(self, line: str) -> None:
        """Run iperf over UDP between two hosts. Usage: iperfudp 10M tokyo osaka"""
        rate, *words = line.split() or ["10M", *list(self.names.hosts)[:1], *list(self.names.hosts)[-1:]]
        self._iperf(words, ["-u", "-b", rate])

    def do_link(self, line: str) -> None:
        """Bring links between two nodes up or down. Usage: link tokyo nagoya [up/down]"""
        super().do_link(self._as_nodes(line))

    def do_switch(self, line: str) -> None:
        """Stop or start a switch. Usage: switch tokyo-roadm [stop/start]"""
        super().do_switch(self._as_nodes(line))

    def do_noecho(self, line: str) -> None:
        """Run a command of a host; what is typed is shown by the terminal alone. Usage: noecho tokyo CMD"""
        self.obey(line)

    def do_source(self, line: str) -> None:
        """Run the commands of a file that the lab sees. Usage: source FILE"""
        words = line.split()
        if len(words) != 1:
            raise InputError("source needs one file with a command a line; for example source first.txt")
        try:
            with open(words[0]) as file:
                lines = file.read().splitlines()
        except OSError as error:
            why = f"{words[0]} cannot be read: {error.strerror}; give a file that the lab sees (--show)"
            raise InputError(why) from error
        for each in lines:
            if self.obey(each):
                return

    def do_py(self, line: str) -> None:
        """Evaluate a Python expression. Usage: py net['tokyo-h1'].IP()"""
        super().do_py(line)

    def do_xterm(self, line: str, term: str = "xterm") -> None:
        """Say how a host's shell is entered: the lab has no screen."""
        raise InputError(NO_SCREEN)

    do_gterm = do_x = do_xterm

    def do_EOF(self, _line: str) -> bool:  # noqa: N802  # Mininet's name
        """End the shell."""
        return True

    def _iperf(self, words: list[str], options: list[str]) -> None:
        """Run iperf from one host to another. Mininet's own waits for ever where they do not reach each other."""
        nodes = [self.names.node(word) for word in words]
        if len(words) != 2 or None in nodes:
            raise InputError(f"iperf needs two hosts or sites, not '{' '.join(words)}'; for example: iperf tokyo osaka")
        near, far = (self.mn[name] for name in nodes)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = far.popen(["iperf", "-s", *(["-u"] if options else [])], **quiet)
        try:
            self._on_node(near.name, shlex.join(["iperf", "-c", self.names.address[far.name], "-t", "5", *options]))
        finally:
            server.kill()
            server.wait()

    def _as_nodes(self, line: str) -> str:
        """A line with Mininet's names. A site is its host, or its switch where it stands beside another site's."""
        return " ".join(self.names.node(word) or word for word in line.split())
