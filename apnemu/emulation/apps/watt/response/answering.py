# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A data centre's agent in a call: it draws less by its lever for as long as the call holds, and then makes up.

A lever acts after its declared time. Every change of what the site draws is noted.
"""

from __future__ import annotations

from dataclasses import dataclass

from apnemu.emulation.apps.watt.desk import RealDesk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.mover import Mover
from apnemu.emulation.apps.watt.response.levers import Part, chosen, most_grid_w
from apnemu.emulation.apps.watt.response.load import NEVER, Site, arrived, recharge, release
from apnemu.emulation.apps.watt.response.moving import W_PER_KW, Coming, Leaving, Moves, guest
from apnemu.emulation.apps.watt.response.timed import Times
from apnemu.units import NS_PER_H, NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """Lever of an agent: what it is, the time until it acts, and how fast is made up (share of what was held back)."""

    kind: str
    acts_ns: int
    rebound_ppm: int


class Answering:
    """The agent's program."""

    def __init__(
        self,
        desk: RealDesk,
        times: Times,
        aggregator: str,
        site: Site,
        lever: Lever,
        moves: Moves,
        mover: Mover,
    ) -> None:
        self._desk = desk
        self._times = times
        self._aggregator = aggregator
        self._site = site
        self._lever = lever
        self._moves = moves
        self._mover = mover
        self._call: Message | None = None
        self._parts: list[Part] = []
        self._gave_w = 0
        self._before_w = 0
        self._leaving: Leaving | None = None
        self._coming = Coming(desk, moves, mover, self._room_kw, self._came)
        self._looks_ns = NEVER

    def begin(self) -> None:
        """Plan when to say what there is, and begin to count at the call's instant."""
        self._desk.at(self._times.states_ns, self._say)
        self._desk.at(self._times.call_ns, self._note)

    def taken(self, message: Message) -> None:
        """Act on a call of the aggregator; take or hand over jobs."""
        kind, sender = message["kind"], message["from"]
        if kind == "call" and sender == self._aggregator and self._call is None:
            self._call = message
            if self._lever.kind == "move":
                self._move(message)
            else:
                self._desk.at(self._desk.now_ns() + self._lever.acts_ns, self._act)
        elif kind in ("handover", "move"):
            self._coming.taken(message, self._times.call_ns)
        elif kind == "done" and self._leaving is not None and sender == self._moves.agents.get(message["site"]):
            self._leaving.taken(message)

    def _now(self) -> Site:
        """The site as it is now."""
        self._site.go_on(max(0, self._times.since_call_ns(self._desk.now_ns())))
        return self._site

    def _say(self) -> None:
        """Tell the aggregator what the site draws, what it could draw, and what room it has."""
        site = self._site
        most_w = max((most_grid_w(site, self._lever.kind, to) for to in self._targets()), default=0)
        draws = max(0, site.grid_w())
        self._desk.send(
            self._aggregator,
            "state",
            0,
            0,
            site=self._moves.site,
            kw_min=[(draws - most_w) // W_PER_KW],
            kw_max=[draws // W_PER_KW],
            room_kw=[site.more_it_w() // W_PER_KW],
            battery_wh=site.battery.holds // NS_PER_H if site.battery else 0,
        )

    def _targets(self) -> list[str]:
        """Sites to which something may move; any but a move needs none."""
        return list(self._moves.agents) if self._lever.kind == "move" else [""]

    def _note(self, **more: object) -> None:
        """Note what the site draws from now on, and look again when that changes by itself."""
        site = self._now()
        battery = site.battery
        self._desk.note(
            site=self._moves.site,
            at_ns=site.now_ns,
            grid_w=site.grid_w(),
            it_w=site.it_w(),
            guest_w=site.guest_w(),
            lost={job.name: job.lost for job in site.work if job.lost},
            late=sum(job.late for job in site.work),
            battery_w=battery.gives_w - battery.takes_w if battery else 0,
            **more,
        )
        self._look_again()

    def _look_again(self) -> None:
        next_ns = self._site.next_ns()
        if next_ns < NEVER and next_ns != self._looks_ns:
            self._looks_ns = next_ns
            self._desk.at(self._times.call_ns + next_ns, self._note)

    def _act(self) -> None:
        """Draw less, and tell the aggregator by how much and since when."""
        assert self._call is not None
        site, kind = self._now(), self._lever.kind
        self._before_w = site.grid_w()
        wanted_w = self._call["kw"] * W_PER_KW
        if kind == "battery" and site.battery:
            site.battery.gives_w = self._gave_w = min(wanted_w, most_grid_w(site, kind))
        elif kind == "plant":
            site.own_w = min(wanted_w, most_grid_w(site, kind))
        else:
            self._parts = chosen(site, kind, wanted_w)
            for part in self._parts:
                part.job.held_w = part.w
        self._delivered("")

    def _delivered(self, why: str) -> None:
        assert self._call is not None
        now_ns, kw = self._desk.now_ns(), (self._before_w - self._now().grid_w()) // W_PER_KW
        self._note(delivered_kw=kw, why=why)
        self._desk.send(self._aggregator, "answer", 0, 0, kw=max(0, kw), at_ns=now_ns)
        self._desk.at(now_ns + self._call["for_s"] * NS_PER_S, self._end)

    def _end(self) -> None:
        """End the hold: what was held back is made up, what the battery gave is charged again."""
        site, rebound_ppm = self._now(), self._lever.rebound_ppm
        site.own_w = 0
        release(site, [part.job for part in self._parts], rebound_ppm)
        if self._gave_w:
            recharge(site, self._gave_w, rebound_ppm)
        self._note(ends=True)

    def _move(self, call: Message) -> None:
        """Move as much to the site that the aggregator names as lets this one draw so much less."""
        self._before_w = self._now().grid_w()
        to = call.get("target", "")
        parts = chosen(self._site, "move", call["kw"] * W_PER_KW, to) if to in self._moves.agents else []
        if not parts:
            self._delivered("nothing may move there" if to else "no other site has room")
            return
        self._leaving = Leaving(self._desk, self._moves, self._mover, to, parts, self._went, self._delivered)
        self._leaving.begin(self._times.call_ns)

    def _went(self, part: Part) -> None:
        self._now()
        part.job.gone_w += part.w
        self._note()

    def _room_kw(self) -> int:
        """Room beside all that is here, also beside what stands still until it runs."""
        site = self._now()
        return (site.more_it_w() - sum(job.held_w for job in site.guests)) // W_PER_KW

    def _came(self, message: Message) -> None:
        """Let what has come stand still, and then run."""
        now_ns, stop_ns = self._now().now_ns, self._moves.stop_ns
        run = arrived(self._site, guest(message, now_ns), self._lever.rebound_ppm, stop_ns, now_ns)
        self._note(came=message["job"])

        def runs() -> None:
            run()
            self._note(runs=message["job"])

        self._desk.at(self._times.call_ns + now_ns + stop_ns, runs)
