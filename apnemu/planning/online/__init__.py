# SPDX-License-Identifier: BSD-3-Clause
"""Light on demand: requests, releases, moves, failures and repairs, and what devices must do for each.

`service` has the values that cross the door. `lifecycle` is `Light`, everything that may be asked or happen; it keeps
a `state` of services and a `ledger` of slots and transceivers, takes routes and slots from `choosing`, and hands the
rest on: `admission` refuses what cannot be, `moving` moves services make before break, `upkeep` restores and protects
them, `revoking` takes down what an owner withdraws (zones are of `planning.zones`). `changes` turns lightpaths into
work for devices, `checking` has the invariants, `survival` predicts how long a receiver stays dark, `together` when
each of several services that one event hits has light again.

`Light` is the state of all light of a plant. It is pure: no clock, no file, no random draw, so a controller in the
guest, an experiment on the host and a test drive the same code. Whoever drives it carries out the `Change`s that it
answers with, in their order; how long devices take for them is `setup_ns`.

Rules that a reader may argue with:

- First come, first served, on the first of the k shortest living routes with a slot (`order` of `graph`, first fit).
- An accepted service keeps what it holds (route, slot, transceivers) until it is released or has something else, even
  while it is lost. So after full repair every accepted service has light again, whatever the order of events; the
  price is that what a lost service holds cannot carry another one meanwhile.
- 1+1 has two transceivers at each end and two lightpaths that are always lit, each in a slot of its own.
- Prepared restoration reserves a second route and slot for the transceivers that the service has. Services whose
  working routes share no risk (fibre, shared risk, site passed) share what is reserved.
- Pairs are kept apart by site where that is possible, else by fibre; shared risks of fibres are always kept apart.
- What was restored stays where it is after a repair (non-revertive); `move` brings it back.
- A fibre with an amplifier that sags counts as longer than it is (`Fibre.sag_km`), against the modes' table of reach.
  Routes are still tried in the order of their true length. Light that no longer closes is lost, though nothing is dead.
- A lightpath over something dead is put out (ITU-T G.664: no open fibre is lit), so it is set up anew after repair.

*Not modelled:* wavelength conversion and regeneration on the way; contention inside a ROADM (colourless,
directionless and contentionless add and drop is assumed); which transceiver can run which mode.
"""

from apnemu.planning.online.changes import acted_ns, carries_ns, duration_ns, setup_ns, without_dcn
from apnemu.planning.online.lifecycle import Light
from apnemu.planning.online.service import (
    Change,
    Decision,
    Lit,
    Outcome,
    Port,
    Protection,
    Service,
    Status,
)
from apnemu.planning.online.survival import Dark, Survival, dark_fibres, survival
from apnemu.planning.online.together import Asked, Fate, ask, fates, light_of

__all__ = [
    "Asked",
    "Change",
    "Dark",
    "Decision",
    "Fate",
    "Light",
    "Lit",
    "Outcome",
    "Port",
    "Protection",
    "Service",
    "Status",
    "Survival",
    "acted_ns",
    "ask",
    "carries_ns",
    "dark_fibres",
    "duration_ns",
    "fates",
    "light_of",
    "setup_ns",
    "survival",
    "without_dcn",
]
