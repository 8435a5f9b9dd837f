# SPDX-License-Identifier: BSD-3-Clause
"""Experiments: one question each, with the answer that is expected before the run.

A file, or a folder with its second file, that has a value `EXPERIMENT`; `apnemu experiments` lists them, and `apnemu
run NAME` plays one, or any file of that form. An experiment owns its settings, what is played, the reduction of
records to rows, the verdict, and how it is shown; what experiments share stands in `apnemu.question`, and algorithms
in the rooms below.

No list of them is kept, here or elsewhere: a new one is its file and its test.
"""
