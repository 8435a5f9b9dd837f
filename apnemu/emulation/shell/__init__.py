# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A person's shell on a network: the program of the guest that `apnemu shell` boots.

`python -m apnemu.emulation.shell FOLDER [--live]` brings the network up and obeys one line after another. All output
goes through its channel to the caller, and a wait for a line takes no virtual time. `clock` moves time while a command
runs, and asks for leave to go on. `classic` has Mininet's commands, `commands` those of the trade: `light` asks the
controller, `breaks` cuts and repairs, `watches` ping beside the shell, `others` load the packet network. `names` puts
sites and fibres in place of switches and ports. `sight` tells what a page shows of all that (`apnemu live`). A
program of the host has the same done by `calls`, which have `programs` run in hosts, and the probes and flows of
experiments played (`measures`).

Rejected: the prompt in the guest (a terminal's keys would be interrupts at instants of the host's); a thread that
serves the shell beside the commands (its turns would be the interpreter's).
"""
