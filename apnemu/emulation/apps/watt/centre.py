# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The control centre across data centres: a plan becomes orders, and the last plan goes on while it is good."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message


class Centre:
    """The centre's program. `agents` has the agent's name for each site, `homes` the site of each job that may move."""

    def __init__(
        self, desk: Desk, calendar: Calendar, aggregator: str, agents: Mapping[str, str], homes: Mapping[str, str]
    ) -> None:
        self._desk = desk
        self._calendar = calendar
        self._aggregator = aggregator
        self._agents = agents
        self._homes = homes
        self._plan: Message | None = None
        self._ordered = -1

    def begin(self) -> None:
        """Plan a last look at every slot that is still to come."""
        for slot in range(self._calendar.next_slot(self._desk.now_ns()), self._calendar.slots):
            self._desk.at(self._calendar.hands_over_ns(slot) - self._calendar.gather_ns // 4, partial(self._last, slot))

    def taken(self, message: Message) -> None:
        """Turn a plan of the aggregator that is newer than the last into orders."""
        if message["kind"] != "plan" or message["from"] != self._aggregator:
            return
        if self._plan is None or message["slot"] > self._plan["slot"]:
            self._plan = message
            self._order(message["slot"])

    def _last(self, slot: int) -> None:
        """Order by the last plan where no newer one has come, for those whom the first order did not reach."""
        if self._plan is not None and self._ordered < slot <= self._plan["good_until_slot"]:
            self._order(slot)

    def _order(self, slot: int) -> None:
        """Tell each agent its part of the plan from a slot on."""
        plan = self._plan
        assert plan is not None
        self._ordered = slot
        skip = slot - plan["slot"]
        work_kw = plan.get("work_kw", {})
        for site, agent in self._agents.items():
            if site not in plan["kw"]:
                continue
            own = {job: kw[skip:] for job, kw in work_kw.items() if self._homes.get(job) == site}
            moves = [move for move in plan["moves"] if self._homes.get(move["job"]) == site and move["slot"] >= slot]
            supplied = {name: plan[name][site][skip:] for name in ("charge_wh", "own_wh") if site in plan.get(name, {})}
            self._desk.send(
                agent,
                "order",
                slot,
                plan["good_until_slot"],
                site=site,
                kw=plan["kw"][site][skip:],
                work_kw=own,
                moves=moves,
                **supplied,
            )
