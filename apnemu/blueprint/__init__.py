# SPDX-License-Identifier: BSD-3-Clause
"""The document that crosses from the host to the guest: what to build, who is addressed how, what packets feel.

`document` declares its values and `as_json` writes and reads them. `addressing` gives the numbers (DPIDs, MACs, IPs,
wavelength <-> tag), `ports` deals out ports and interfaces. `compiled` makes the blueprint of one network; each kind
of network has a file: `apn` (light planned before), `on_demand` (light asked for while it runs), `shared_wavelengths`
(lightpaths shared by tenants), `packet` (routers with planned routes) and `routed` (routers with OSPF). `applications`
checks a stage's applications against the network, `requests` has the REST messages that ask for light, `walls` says
what hosts bound by a zone may send (a `wall` each), `declared` by when light has to carry, `background` draws other
people's frames. `captured` says what a capture tells of its interfaces, `capture_size` how large it will be.
`prediction` says in closed form what a packet must feel: from lengths and declared delays alone; `tcp` what TCP
carries, and how wide its window is.

*The wire.* A lit fibre direction is a veth with a pure delay. A ROADM is an Open vSwitch bridge that matches (port,
tag) and outputs. The line rate is enforced once, at the transceiver: a host has one network interface for each of its
lightpaths, and that interface *is* the transceiver. Rejected: one interface with a class for each lightpath (a queue
shared by wavelengths, which light does not have) and a rate on the fibre (wavelengths do not contend).

*The packet network* has the same hosts and fibres; a router is a bridge that decrements the TTL and outputs by
destination. Each of its ports sends at the line rate from a queue bounded in bytes.

*Not modelled:* the 24 bytes of preamble, gap and checksum that Ethernet adds to a frame: a rate counts the bytes that
Linux counts.
"""
