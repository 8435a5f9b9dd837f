# SPDX-License-Identifier: BSD-3-Clause
"""Commands of the trade: light, cuts and repairs, watches, the clock, what has happened."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from apnemu.emulation.channel import Output
from apnemu.emulation.net import Net
from apnemu.emulation.shell.breaks import Breaks
from apnemu.emulation.shell.classic import Classic
from apnemu.emulation.shell.clock import Clock, duration_ns
from apnemu.emulation.shell.light import Light, Service
from apnemu.emulation.shell.names import Names
from apnemu.emulation.shell.others import Others
from apnemu.emulation.shell.watches import Watches
from apnemu.errors import ApnemuError, InputError
from apnemu.units import NS_PER_S, ns_to_ms

HELP = """\
light                                  what light there is
light request tokyo osaka 100          ask for light of 100 Gbit/s, and wait until it carries frames
      [--protection 1+1] [--name N] [--no-wait]
light release N | light move N         give light back; move it to other light without loss
cut tokyo-nagoya | cut nagoya          cut a fibre; lose a site with all that is in it
      [--silent]                       and no port reports it
repair [tokyo-nagoya]                  repair it, or all
watch tokyo osaka [every 100ms]        ping beside the shell and show each answer; watch alone lists, unwatch ends
load 0.7                               other people's traffic on every line of the packet network; load 0 ends it
advance 10s                            let virtual time pass
run | run 10                           let it pass at the pace of your clock, or so much faster, until Ctrl-C
after 2s cut tokyo-nagoya              cut or repair while a later command runs
clock | events | fibres | nodes        the time; what has happened; what there is
tokyo ping osaka                       run a program in a host; tokyo alone enters its shell, exit leaves it
source FILE | exit                     run commands of a file; end all
Mininet's: dpctl dump intfs iperf iperfudp link links net pingall pingallfull pingpair ports px py sh switch time
"""
FASTEST = 1e6
LATER = ("cut", "repair")
"""Commands that `after` takes: they take no time."""


class Shell(Classic):
    """The shell's commands on one network."""

    def __init__(
        self,
        net: Net,
        names: Names,
        clock: Clock,
        output: Output,
        *,
        light: Light,
        breaks: Breaks,
        watches: Watches,
        others: Others,
        events: list[tuple[int, str]],
    ) -> None:
        super().__init__(net, names, clock, output)
        self.light = light
        self.breaks = breaks
        self.watches = watches
        self.others = others
        self.events = events
        self.locals.update(
            light=light, clock=clock, cut=self.cut, repair=self.repair, watch=watches.begin, load=others.set
        )

    def note(self, text: str) -> None:
        """Keep what has happened, with its instant."""
        self.events.append((self.clock.now_ns, text))

    def cut(self, *words: str, silent: bool = False) -> list[str]:
        """Cut fibres and lose sites, by name. Raises InputError."""
        names = self.breaks.cut(words, silent=silent)
        self.note(f"cut {' '.join(names)}")
        return names

    def repair(self, *words: str) -> list[str]:
        """Repair fibres and sites by name, or all. Raises InputError."""
        names = self.breaks.repair(words)
        self.note(f"repaired {' '.join(names)}" if names else "nothing to repair")
        return names

    def do_help(self, line: str) -> None:
        """List the commands, or explain one."""
        if line:
            super().do_help(line)
        else:
            self.output.write(HELP)

    def do_light(self, line: str) -> None:
        """Ask for light, list it, give it back, move it. Usage: light [request A B [RATE] | release N | move N]"""
        words = _words(line)
        if not words:
            self._list(self.light.services())
        elif words[0] == "request":
            self._list([self._asked(words[1:])])
        elif words[0] in ("release", "move") and len(words) == 2:
            if words[0] == "release":
                self.light.release(words[1])
            else:
                self._list([self.light.move(words[1])])
        else:
            raise InputError(f"'light {line}' is no command; for example: light request tokyo osaka 100")

    def do_cut(self, line: str) -> None:
        """Cut fibres, or lose sites. Usage: cut tokyo-nagoya [--silent]"""
        words = _words(line)
        names = self.cut(*(word for word in words if word != "--silent"), silent="--silent" in words)
        self.output.write(f"{self.clock.shown()}  cut {' '.join(names)}\n")

    def do_repair(self, line: str) -> None:
        """Repair fibres and sites, or all. Usage: repair [tokyo-nagoya]"""
        names = self.repair(*_words(line))
        said = f"repaired {' '.join(names)}" if names else "all is whole"
        self.output.write(f"{self.clock.shown()}  {said}\n")

    def do_watch(self, line: str) -> None:
        """Ping beside the shell. Usage: watch tokyo osaka [every 100ms]; watch alone lists what is watched"""
        words = _words(line)
        if not words:
            self.output.write("".join(f"{told}\n" for told in self.watches.listed()))
        elif len(words) == 2 or (len(words) == 4 and words[2] == "every"):
            self.watches.begin(words[0], words[1], duration_ns(words[3]) if len(words) == 4 else NS_PER_S)
        else:
            raise InputError(f"'watch {line}' is no command; for example: watch tokyo osaka every 100ms")

    def do_unwatch(self, line: str) -> None:
        """End a watch, or all. Usage: unwatch [tokyo osaka]"""
        words = tuple(_words(line))
        if len(words) not in (0, 2):
            raise InputError(f"'unwatch {line}' is no command; for example: unwatch tokyo osaka")
        self.output.write("".join(f"{told}\n" for told in self.watches.end(words)))

    def do_advance(self, line: str) -> None:
        """Let virtual time pass, as fast as the machine can. Usage: advance 10s"""
        self.clock.advance(line)

    def do_run(self, line: str) -> None:
        """Let virtual time pass at the pace of your clock until Ctrl-C. Usage: run [10], ten times as fast; run 0"""
        try:
            pace = float(line or 1)
        except ValueError:
            pace = -1.0
        if not 0 <= pace <= FASTEST:
            raise InputError(f"the pace is '{line}'; it must be a number from 0 to {FASTEST:g}, for example run 10")
        self.clock.run(pace)

    def do_after(self, line: str) -> None:
        """Have something happen while a later command runs. Usage: after 2s cut tokyo-nagoya"""
        delay, _, rest = line.strip().partition(" ")
        if rest.partition(" ")[0] not in LATER:
            raise InputError(f"after takes {' or '.join(LATER)}, not '{rest}'; for example: after 2s cut tokyo-nagoya")
        self.clock.after(duration_ns(delay), lambda: self.attempt(rest))

    def do_clock(self, _line: str) -> None:
        """Show the virtual time since the shell's beginning."""
        self.output.write(f"{self.clock.now_ns / NS_PER_S:.9f} s\n")

    def do_events(self, _line: str) -> None:
        """List what has happened."""
        if self.blueprint.transceivers:
            self.light.services()
        self.output.write("".join(f"{self.clock.shown(at_ns):>16}  {text}\n" for at_ns, text in self.events))

    def do_fibres(self, _line: str) -> None:
        """List the fibres, with their delay one way and whether they are dark."""
        for wire in self.blueprint.wires:
            if wire.kind == "fibre":
                ends = self.names.ends[wire.name]
                dark = wire.name in self.breaks.fibres or any(site in self.breaks.sites for site in ends)
                state = "dark" if dark else "whole"
                self.output.write(f"{wire.name}  {ns_to_ms(wire.a.sends.delay_ns):.3f} ms  {state}\n")

    def do_load(self, line: str) -> None:
        """Have other people's traffic on every line of the packet network. Usage: load 0.7; load 0 ends it"""
        try:
            told = self.others.set(float(line) if line else self.others.load)
        except ValueError:
            raise InputError(f"the load is '{line}'; it must be a number from 0, for example load 0.7") from None
        self.note(told.partition(":")[0])
        self.output.write(f"{told}\n")

    def now(self, line: str) -> None:
        """Cut or repair at this instant, while another command runs, and show why where it cannot be done."""
        if line.partition(" ")[0] in LATER:
            self.attempt(line)

    def attempt(self, line: str) -> bool:
        """Do what a line says, and show why where it cannot be done; returns whether the shell is to end."""
        try:
            return self.obey(line)
        except ApnemuError as error:
            self.output.write(f"{' '.join(str(error).split())}\n")
        except KeyboardInterrupt:
            self.interrupt()
            self.output.write("interrupted\n")
        except Exception as error:  # whatever Mininet makes of a line, the shell goes on
            self.output.write(f"{type(error).__name__}: {error}\n")
        return False

    def _asked(self, words: Sequence[str]) -> Service:
        options = {"--protection": "none", "--name": ""}
        rest: list[str] = []
        left = iter(words)
        for word in left:
            if word in options:
                options[word] = next(left, "")
            elif word != "--no-wait":
                rest.append(word)
        try:
            rate_gbps = float(rest[2]) if len(rest) > 2 else 100.0
        except ValueError:
            rate_gbps = 0.0
        if not 2 <= len(rest) <= 3 or not rate_gbps > 0:
            raise InputError(
                "light request needs two sites and a rate in Gbit/s; for example: light request tokyo osaka 100"
            )
        return self.light.request(
            rest[0],
            rest[1],
            rate_gbps,
            protection=options["--protection"],
            name=options["--name"] or None,
            wait="--no-wait" not in words,
        )

    def _list(self, services: Sequence[Service]) -> None:
        rows = [_row(one) for one in services]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.output.write("  ".join(map(str.ljust, row, widths)).rstrip() + "\n")
        if not rows:
            self.output.write("nothing is lit; light request tokyo osaka 100 asks for light\n")


def _row(one: Service) -> tuple[str, ...]:
    if not one.route:
        return one.name, one.state, f"{one.source} to {one.target}", f"{one.rate_gbps:g} Gbit/s", one.reason
    centre = "" if one.centre_thz is None else f", {one.centre_thz:.5f} THz"
    return one.name, one.state, "-".join(one.route), f"{one.rate_gbps:g} Gbit/s", f"{one.mode}{centre}"


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError(f"'{line}' cannot be read: {error}; close the quotation") from error
