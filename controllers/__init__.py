# SPDX-License-Identifier: BSD-3-Clause
"""The controllers: Ryu applications that set up light, and the conventional network's forwarding.

Logic that decides once: given the blueprint and a switch, `lightpath` (the APN as planned) and `packet` (the
conventional network) return the `rules` that the switch must have.

Logic on demand: `apn` decides on requests and events, with `work` for changes that devices have not answered, `state`
for what devices are set to, `carrying` for who sends by which transceiver, `wiring` for ports and tags, and `orders`
for transceivers. `lab` puts it together in the lab with its `journal`, its `desk` (one decision after another, in the
lab's time), its `devices`, and its REST interface: `northbound` answers requests, `tapi` reads and writes their JSON,
`server` serves them, `zones` knows who may ask and logs who did, `tapi.json` describes them.

Only five files know Ryu and OS-Ken: `frameworks` (what tells them apart), `openflow` (rules as their messages), the
applications `planned_app` and `on_demand_app`, and `foreign`, which runs anybody's own; `checking` looks at such a one
before the lab boots. `runtime` is the program that runs one of them. Where many scenarios are played in one lab,
`explored` is what surrounds the controller, and `explored_app` its application.
"""
