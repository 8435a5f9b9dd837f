"""[guest] Builds the network, plays what is to be played, writes down what is seen. The only room that knows mininet.

`python -m apnemu.emulation FOLDER` is the program that a lab runs: it reads `FOLDER/network.json` and leaves
`FOLDER/records.jsonl`. `net` is Mininet with nodes and links of our own (`nodes`), which are made over netlink
(`netlink`, `shaping`) and by one `ovs-vsctl` (`switching`) instead of by some dozens of programs each; a host has a
shell only once somebody asks it for one. `player` plays the stages with `probes`, `flows` and `loads`: one process
with sockets in all namespaces, since a process for each host would cost more than the network.

Imports are kept few: every file is read through hostfs.
"""
