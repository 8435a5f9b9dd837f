# SPDX-License-Identifier: BSD-3-Clause
"""Frozen values that all rooms talk in: no input or output, and no decisions.

`plant` holds what is in the ground and in the buildings, `fibre` sites and pairs of fibres, `spectrum` slots of
light, `demand` what is asked for, `assignment` which demand got which light, `reason` why another got none, `quality`
how well light arrives over a route, `power` the power system around data centres, `profile` its figures slot by slot,
`siting` what decides where a data centre can stand, `zone` where data may be, `activities` the kinds of things that
are played on a network, `scenario` stages of them, `steps` a scenario that is explored, `phase` the years that a
network is planned for, `naming` ids, which machines use, and labels, which people read. Every value checks itself
when it is made and raises `ValueError` with the value and the limit; the reader of a file adds the file and the line.

What data centres take from the power system has a file of its own, `site_power`.
"""
