# SPDX-License-Identifier: BSD-3-Clause
"""A person's shell on a network (`apnemu shell`), on the host: the prompt, and the gate behind which the guest waits.

    session   the guest's life with its gate: lines go in, what the guest says comes out, the pace is kept
    prompt    the person's lines, from a terminal (completion, history) or from a pipe
    words     what can be completed
    captures  the capture of a session as pcapng

A program of the host has a network in its hands too, whose guest answers calls in place of obeying lines:

    opening   how Python gets it: `apnemu.open_lab`
    lab       what it then has
    asserted  what a test asserts of it
    opened    its run directory, its guest, what is kept
    called    calls through the gate
    answers   what comes back, which `reading` checks
    predicted closed forms of round trips

The prompt is here and not in the guest: while the person thinks the guest's kernel waits in a write to the gate, and
virtual time stands still to the nanosecond. The guest's part is `emulation.shell`.

Rejected: cmd2, which wants the commands where the prompt is; Python's readline, which has no completion for what a
second process knows, and takes Ctrl-C of all programs.
"""
