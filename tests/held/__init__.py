# SPDX-License-Identifier: BSD-3-Clause
"""Measurements held beside independent tools at randomly drawn settings: more points than a test has time for.

`flows` draws points and compares TCP's goodput with iperf3's and with its closed form; `beside_iperf` is the experiment
that it runs at each point, on `lightpath.yaml`; `iperf` runs iperf3 in the lab.
"""
