# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Players of what a stage holds: a file for each kind of activity, and the order in which they act.

`playing` is the protocol, `stamps` the kernel's time stamps of frames, `paced` lets frames go at their instants.
`arrivals`, `flows`, `probes`, `replays`, `requests`, `retunes`, `saturations`, `tallies` and `trains` play the
activities of these names, `programs` applications, `daemons` routing; of an event `failures` plays what it does to
fibres and sites, `sags` to amplifiers, `losses` to the controller. `receivers` takes in what flows carry. `queues`,
`waits` and `walls` play nothing: they watch the switches' queues, and what zones do not let out.

A new kind of activity is a file with its value and its player, and a line in `PLAYERS`.
"""

from __future__ import annotations

from apnemu.emulation.play.arrivals import Injecting
from apnemu.emulation.play.daemons import Daemons
from apnemu.emulation.play.failures import Failures
from apnemu.emulation.play.flows import Flows
from apnemu.emulation.play.losses import Losses
from apnemu.emulation.play.playing import Playing
from apnemu.emulation.play.probes import Probing
from apnemu.emulation.play.programs import Programs
from apnemu.emulation.play.queues import Queues
from apnemu.emulation.play.replays import Replaying
from apnemu.emulation.play.requests import Requesting
from apnemu.emulation.play.retunes import Retunes
from apnemu.emulation.play.sags import Sags
from apnemu.emulation.play.saturations import Saturating
from apnemu.emulation.play.tallies import Tallies
from apnemu.emulation.play.trains import Trains
from apnemu.emulation.play.waits import Waits
from apnemu.emulation.play.walls import Walls

PLAYERS: tuple[type[Playing], ...] = (
    Injecting,  # its counts come last: a frame may leave the network until all else is quiet
    Tallies,  # likewise
    Walls,  # asks for the controller's log when all else has been asked
    Queues,  # each drop of the stage counts, whatever caused it
    Waits,  # captures run while anything is sent
    Daemons,  # routers find ways for as long as events change them
    Failures,  # notes an event's instant before sags and losses act on it; mends wires once nobody needs light
    Sags,  # its last alarms need a controller
    Requesting,  # asks what has become of light once the controller is back, and before anything is mended
    Losses,
    Replaying,
    Trains,  # what is given at the instant of a retune is given at the rate before it
    Retunes,
    Probing,
    Flows,
    Saturating,  # lines stay full until the applications have ended
    Programs,  # first to end: all else goes on while they run
)
"""Players in the order in which they start: of two that act at one instant, the one that stands first here acts first.
They stop, settle, write their records and close in the reverse order: what others stand on outlasts them."""
