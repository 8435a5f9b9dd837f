# SPDX-License-Identifier: BSD-3-Clause
"""The power system of a day, as its settings change it: how thrifty computing is, and how much of it is pooled."""

from __future__ import annotations

from dataclasses import replace

from apnemu.experiments.watt_day.settings import Day, Settings
from apnemu.model.power import Power, SitePower, Work

OWN = "-own"
"""End of the name of work that is split off, since it is not pooled."""


def changed(power: Power, day: Day, settings: Settings) -> Power:
    """The power system of a day.

    With `efficiency` x the same work takes 1/x of the power. Of each site `pooled_share` of room and of flexible work
    is run as one with others'; the rest of the work stays as it arrives, in room that takes nobody else's. Work that is
    whole is not split: it is pooled for any share but 0.
    """
    if settings.efficiency != 1:
        thrifty = tuple(_thrifty(work, settings.efficiency) for work in power.work)
        power = replace(power, work=thrifty)
    return power if day.pooled_share == 1 else _pooled(power, day.pooled_share)


def _thrifty(work: Work, efficiency: float) -> Work:
    most_mw = None if work.most_mw is None else work.most_mw / efficiency
    return replace(work, mw=work.mw / efficiency, most_mw=most_mw)


def _pooled(power: Power, share: float) -> Power:
    """The power system with work that is not pooled split off, and rooms as large as those that take others' work."""
    works: list[Work] = []
    own_mw = dict.fromkeys(power.site, 0.0)
    for work in power.work:
        apart = 0.0 if work.kind == "fixed" or (work.whole and share > 0) else 1 - share
        if apart < 1:
            most_mw = None if work.most_mw is None else work.most_mw * (1 - apart)
            works.append(replace(work, mw=work.mw * (1 - apart), most_mw=most_mw) if apart else work)
        if apart:
            works.append(replace(work, name=f"{work.name}{OWN}"[:63], mw=work.mw * apart, kind="fixed", most_mw=None))
            own_mw[work.home] += work.mw * apart
        elif work.kind == "fixed":
            own_mw[work.home] += work.mw
    sites = tuple(_smaller(site, min(site.room_mw, share * site.room_mw + own_mw[site.name])) for site in power.sites)
    return replace(power, work=tuple(works), sites=sites)


def _smaller(site: SitePower, room_mw: float) -> SitePower:
    """A site of which so much room is used; its facility takes what it takes at the same load.

    >>> site = SitePower(name="a", area="x", owner="o", room_mw=100, pue=((0.25, 1.6), (1.0, 1.3)))
    >>> _smaller(site, 50).facility_mw(25), site.facility_mw(25)
    (40.0, 40.0)
    """
    if not 0 < room_mw < site.room_mw:
        return site
    return replace(site, room_mw=room_mw, pue=tuple((part * site.room_mw / room_mw, pue) for part, pue in site.pue))
