# SPDX-License-Identifier: BSD-3-Clause
"""What a power file says of work and parties, held against the sites of the topology and their light."""

from __future__ import annotations

from apnemu.model.power import Power, Work
from apnemu.topology.entry import Entry
from apnemu.topology.parse import nearest
from apnemu.units import S_PER_DAY, gbps_to_bytes_per_s, s_to_h


def check_people(entry: Entry, power: Power) -> None:
    """Refuse parties at sites that are none, operators that are no party, and a second aggregator."""
    for item in entry.values["parties"].values.values() if power.sites and "parties" in entry else ():
        name = item.text("at")
        if name not in power.site:
            hint = nearest(name, power.site, "name a data centre of the topology")
            item.fail("at", f"at of {item.what} names {name!r}; there is no such data centre; {hint}")
    aggregators = [party.name for party in power.parties if party.role == "aggregator"]
    if len(aggregators) > 1:
        item = entry.values["parties"].values[aggregators[1]]
        item.fail("role", f"{item.what} is a second aggregator, beside {aggregators[0]}; there is one; change its role")
    parties = {party.name: party for party in power.parties}
    for area in power.areas:
        if parties and area.tso and (area.tso not in parties or parties[area.tso].role != "power"):
            item = entry.values["areas"].values[area.name]
            operators = [party.name for party in power.parties if party.role == "power"]
            hint = nearest(area.tso, operators, "add it under parties with role: power")
            item.fail("tso", f"tso of {item.what} is {area.tso!r}; there is no such party of role power; {hint}")


def check_work(entry: Entry, power: Power, *, alone: bool) -> None:
    """Refuse work that cannot be: where it is, who owns it, when it must be done, and what moves with it.

    A power file that is read alone knows no sites: then names of sites are not held against any.
    """
    for item, work in zip(entry.entries("work"), power.work, strict=True):
        _check_window(item, work, power)
        if work.zone and work.zone not in power.zone:
            hint = nearest(work.zone, power.zone, "add it under zones")
            item.fail("zone", f"zone of {item.what} is {work.zone!r}; there is no such zone; {hint}")
        if work.zone and not power.zone[work.zone].allows(work.home):
            fact = f"zone of {item.what} is {work.zone}, which has no {work.home}, its home"
            item.fail("zone", f"{fact}; work must be allowed where it arrives; add the site to the zone, or move home")
        if work.whole and work.most_mw is not None:
            fact = f"most_mw of {item.what} is given; a whole job runs at its mw"
            item.fail("most_mw", f"{fact}; take it out, or write whole: no")
        if work.most_mw is not None and work.most_mw < work.mw:
            fact = f"most_mw of {item.what} is {work.most_mw:g}; as it arrives it runs at {work.mw:g} MW"
            item.fail("most_mw", f"{fact}; it must be at least that; raise it")
        if not alone:
            _check_home(item, work, power)


def _check_window(item: Entry, work: Work, power: Power) -> None:
    profile = power.profile
    ends_s = (profile.slots - profile.first_day()) * profile.slot_s
    by_s = min(S_PER_DAY, ends_s) if work.by_s is None else work.by_s
    if by_s <= work.from_s:
        fact = f"by of {item.what} is {_clock(by_s)}, from is {_clock(work.from_s)}"
        item.fail(
            "by" if "by" in item else "from", f"{fact}; it must end after it begins; the next day is from 24:00 on"
        )
    if by_s > ends_s:
        fact = f"by of {item.what} is {_clock(by_s)}; the profile ends at {_clock(ends_s)}"
        item.fail("by", f"{fact}, counted from the run's midnight; give an earlier by, or a longer profile")
    if not isinstance(work.hours, str) and work.hours > s_to_h(by_s - work.from_s) + 1e-9:
        fact = f"hours of {item.what} is {work.hours:g}; its window has {s_to_h(by_s - work.from_s):g}"
        item.fail("hours", f"{fact}; the work must fit; give it fewer hours, or a later by")


def _check_home(item: Entry, work: Work, power: Power) -> None:
    site = power.site.get(work.home)
    if site is None:
        hint = nearest(work.home, power.site, "name a data centre of the topology")
        item.fail("home", f"home of {item.what} is {work.home!r}; there is no such data centre; {hint}")
    if work.mw > site.room_mw + 1e-9:
        fact = f"mw of {item.what} is {work.mw:g}; power_mw of its home {site.name} is {site.room_mw:g}"
        item.fail("mw", f"{fact}; it must have room there; give MW and not kW, or mend power_mw")
    owners = dict.fromkeys([*(site.owner for site in power.sites), *(party.name for party in power.parties)])
    if work.owner not in owners:
        hint = nearest(work.owner, owners, "name an owner of a site, or a party")
        item.fail("owner", f"owner of {item.what} is {work.owner!r}; there is nobody of that name; {hint}")
    if not power.allowed(work, work.home):
        fact = f"zone of site {site.name} is {site.zone}, which does not have it"
        item.fail("home", f"{fact}; {item.what} must be allowed where it arrives; add the site to the zone")
    rate_gbps = site.lit_gbps
    if rate_gbps is None or not work.state_bytes:
        return
    window_s = (S_PER_DAY if work.by_s is None else work.by_s) - work.from_s
    needs_s = work.state_bytes / gbps_to_bytes_per_s(rate_gbps)
    if needs_s > window_s:
        fact = f"state_bytes of {item.what} is {work.state_bytes:g}; the fastest light of {site.name} has {rate_gbps:g}"
        item.fail(
            "state_bytes",
            f"{fact} Gbit/s and takes {needs_s:.0f} s, its window has {window_s}; give it fewer bytes, or faster light",
        )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
