# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Load of a site while a call of the grid holds: jobs that are held back and made up, battery, own plant.

Powers are whole W and energies whole W x ns, so that nothing is lost to rounding. Time is handed in; `next_ns` says
when something happens by itself: a job ends, what it owes is made up, a battery is empty or full.

*Not modelled:* work that arrives after the call; losses of a battery that only stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

MILLION, BILLION = 1_000_000, 1_000_000_000
NEVER = 1 << 62


@dataclass(slots=True, kw_only=True)
class Job:
    """Work that runs at `w`, has `left` to do at that power (W x ns; None: endless) and must be done by `by_ns`.

    Held back by `held_w` it comes to owe, which it makes up at `faster_w` beside its own power, or at its own power
    once all else is done. Endless work owes nothing: what it does not do is lost. `gone_w` runs at another site.
    """

    name: str
    w: int
    most_w: int
    cap_w: int
    left: int | None
    by_ns: int
    whole: bool = False
    pausable: bool = True
    state_bytes: int = 0
    sites: Sequence[str] = ()
    """Sites to which it may move."""
    held_w: int = 0
    gone_w: int = 0
    owes: int = 0
    faster_w: int = 0
    lost: int = 0
    late: bool = False

    @property
    def runs(self) -> bool:
        """Whether its own part is not yet done."""
        return self.left is None or self.left > 0

    def own_w(self) -> int:
        """Power at home of what it would do without a call, less what is held back or gone."""
        return max(0, self.w - self.held_w - self.gone_w) if self.runs else 0

    def up_w(self) -> int:
        """Power at which it makes up what it owes."""
        if not self.owes or self.held_w:
            return 0
        return self.faster_w if self.runs else max(self.faster_w, self.w)

    def ends_in_ns(self) -> int:
        """Time until its own part is done, until it owes nothing, or until its window closes."""
        ends = NEVER
        if self.left:
            ends = -(-self.left // self.w)
        if up_w := self.up_w():
            ends = min(ends, -(-self.owes // up_w))
        return ends


@dataclass(slots=True, kw_only=True)
class Battery:
    """A battery that holds `full`, W x ns, and gives or takes at most `most_w`; of what it takes `keeps_ppm` comes
    back."""

    full: int
    most_w: int
    keeps_ppm: int
    holds: int = 0
    gives_w: int = 0
    takes_w: int = 0

    def lacks(self) -> int:
        """What it must be given until it is full."""
        return -(-(self.full - self.holds) * MILLION // self.keeps_ppm)

    def changes_in_ns(self) -> int:
        """Time until it is empty, or full."""
        if self.gives_w:
            return self.holds // self.gives_w
        return -(-self.lacks() // self.takes_w) if self.takes_w else NEVER


@dataclass(slots=True, kw_only=True)
class Site:
    """A site's load; `lines` are (nW at no load, nW per W of IT) of its facility, of which the greatest holds.

    `feed_w` is the most that it draws, None without a limit; `guests` is other sites' work that has come.
    """

    room_w: int
    lines: Sequence[tuple[int, int]]
    feed_w: int | None
    jobs: list[Job] = field(default_factory=list)
    battery: Battery | None = None
    plant_w: int = 0
    own_w: int = 0
    guests: list[Job] = field(default_factory=list)
    now_ns: int = 0

    @property
    def work(self) -> list[Job]:
        """All that runs here."""
        return [*self.jobs, *self.guests]

    def it_w(self) -> int:
        """Power of its IT now."""
        return sum(job.own_w() + job.up_w() for job in self.work)

    def guest_w(self) -> int:
        """Power of other sites' work."""
        return sum(job.own_w() + job.up_w() for job in self.guests)

    def facility_w(self, it_w: int) -> int:
        """Power of the whole facility at a load of its IT.

        >>> Site(room_w=100, lines=[(0, 1_400_000_000)], feed_w=None).facility_w(50)
        70
        """
        return max(at_none + slope * it_w for at_none, slope in self.lines) // BILLION

    def grid_w(self) -> int:
        """Power that it draws from the grid now."""
        stored = self.battery.takes_w - self.battery.gives_w if self.battery else 0
        return self.facility_w(self.it_w()) + stored - self.own_w

    def less_it_w(self, grid_w: int) -> int:
        """Least IT by which its facility draws `grid_w` less; all of it where that is not enough.

        >>> job = Job(name="a", w=50, most_w=50, cap_w=50, left=None, by_ns=0)
        >>> Site(room_w=100, lines=[(0, 1_400_000_000)], feed_w=None, jobs=[job]).less_it_w(14)
        10
        """
        load = self.it_w()
        wanted = self.facility_w(load) - grid_w
        low, high = 0, load
        while low < high:
            middle = (low + high) // 2
            if self.facility_w(load - middle) <= wanted:
                high = middle
            else:
                low = middle + 1
        return low

    def more_it_w(self) -> int:
        """Power of IT that there is still room for, by its room and its feed."""
        load = self.it_w()
        low, high = 0, max(0, self.room_w - load)
        if self.feed_w is None:
            return high
        free = self.feed_w - (self.grid_w() - self.facility_w(load))
        while low < high:
            middle = (low + high + 1) // 2
            if self.facility_w(load + middle) <= free:
                low = middle
            else:
                high = middle - 1
        return low

    def next_ns(self) -> int:
        """Instant at which something changes by itself; `NEVER` where nothing will."""
        ends = [self.now_ns + job.ends_in_ns() for job in self.work]
        ends += [job.by_ns for job in self.work if job.by_ns > self.now_ns and (job.left or job.owes)]
        if self.battery:
            ends.append(self.now_ns + self.battery.changes_in_ns())
        return min((end for end in ends if end < NEVER), default=NEVER)

    def go_on(self, now_ns: int) -> None:
        """Run on to an instant, through all that changes on the way."""
        while (change_ns := self.next_ns()) <= now_ns and change_ns > self.now_ns:
            self._run_for(change_ns - self.now_ns)
            self._close()
        if now_ns > self.now_ns:
            self._run_for(now_ns - self.now_ns)
        self._close()

    def calm(self) -> bool:
        """Whether nothing is held back, owed or to be charged any more."""
        battery = self.battery
        stored = battery is None or not (battery.gives_w or battery.takes_w)
        return stored and not self.own_w and not any(job.held_w or job.owes for job in self.work)

    def _run_for(self, span_ns: int) -> None:
        for job in self.work:
            up_w = job.up_w()
            if job.left is None:
                job.lost += job.held_w * span_ns
            elif job.runs:
                job.owes += job.held_w * span_ns
                job.left = max(0, job.left - job.w * span_ns)
            job.owes = max(0, job.owes - up_w * span_ns)
        if self.battery:
            self.battery.holds -= self.battery.gives_w * span_ns
            self.battery.holds += self.battery.takes_w * span_ns * self.battery.keeps_ppm // MILLION
            self.battery.holds = min(max(0, self.battery.holds), self.battery.full)
        self.now_ns += span_ns

    def _close(self) -> None:
        """Settle what has come to its end at this instant: windows, batteries."""
        for job in self.work:
            if job.by_ns <= self.now_ns and (job.left or job.owes):
                job.lost += job.owes + (job.left or 0)
                job.owes, job.left, job.held_w, job.late = 0, 0, 0, True
            if not job.owes:
                job.faster_w = 0
        if self.battery and self.battery.gives_w and self.battery.holds < self.battery.gives_w:
            self.battery.gives_w = 0
        if self.battery and self.battery.takes_w and not self.battery.lacks():
            self.battery.takes_w = 0


def arrived(site: Site, job: Job, rebound_ppm: int, stop_ns: int, at_ns: int) -> Callable[[], None]:
    """Take in a job of another site, which stands still for a while; returns what lets it run after that.

    What it does not do meanwhile it owes, as after a hold.
    """
    site.go_on(at_ns)
    job.held_w = job.w
    site.guests.append(job)

    def run() -> None:
        site.go_on(at_ns + stop_ns)
        release(site, [job], rebound_ppm)

    return run


def release(site: Site, jobs: Iterable[Job], rebound_ppm: int) -> None:
    """Let jobs run as they were, and faster by a share of what was held back, as there is room; 0: nothing is made up.

    A whole job runs no faster than it is: it makes up at its end.
    """
    held = [(job, job.held_w) for job in jobs]
    for job, _ in held:
        job.held_w = job.faster_w = 0
        if not rebound_ppm:
            job.lost, job.owes, job.late = job.lost + job.owes, 0, job.late or bool(job.owes)
    for job, held_w in held:
        if job.owes and not job.whole and job.runs:
            wanted = min(held_w * rebound_ppm // MILLION, job.most_w - job.w)
            job.faster_w = max(0, min(wanted, site.more_it_w()))


def recharge(site: Site, gave_w: int, rebound_ppm: int) -> None:
    """Let the battery take back what it gave, at a share of that power, as its feed allows."""
    battery = site.battery
    assert battery is not None
    battery.gives_w = 0
    free = battery.most_w if site.feed_w is None else max(0, site.feed_w - site.grid_w())
    if battery.lacks():
        battery.takes_w = min(gave_w * rebound_ppm // MILLION, battery.most_w, free)
