# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Builds the network, plays what is to be played, writes down what is seen. The only room that knows mininet.

`python -m apnemu.emulation FOLDER` is the program that a lab runs: it reads `FOLDER/network.json` and leaves
`FOLDER/records.jsonl`. `net` is Mininet with nodes and links of our own (`nodes`), which are made over netlink
(`netlink`, `netem`, `shaping`) and by one `ovs-vsctl` (`switching`) instead of by some dozens of programs each; a host
has a shell only once somebody asks it for one. `namespaces` enters a host's namespace without a process in it. `dcn`
has the controller's computer and its lines to sites and hosts, `controller` its process, `transceivers` the agent that
tunes transceivers for it and has the selectors of 1+1 (`protection`), `calls` a call of its REST interface; `routers`
runs FRR's daemons; `walls` holds back what zones do not let out of hosts, and `frames` puts it in words;
`readdressing` gives frames of captures the hosts' addresses. These and Open
vSwitch have a library each `preloaded`, which takes them a bound that was made for real time: `turns.c`, `rounds.c`.

`standing` brings a network up to where something can happen on it; `shell` is a person's, who types what happens.
`player` plays the stages with the players of `play`, a file for each kind of activity, on one `loop`: one process with
sockets in all namespaces, since a process for each host would cost more than the network. `apps` runs programs in the
hosts. A run may be `followed`, by what `hand` has, and a shell speaks with its caller, over a `channel`. `ends` knows
which hosts stand for a pair of sites, `notes` writes the records, `capture` runs tcpdump, `storms` watches for
broadcast storms. `stock` builds stock Mininet for comparison. `exploring` plays scenarios that are explored.

Imports are kept few: every file is read through hostfs. `rtnl` takes the forms of netlink messages from pyroute2, and
`bare` keeps out what the packages of others begin with.
"""
