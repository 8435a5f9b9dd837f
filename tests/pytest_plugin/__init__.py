# SPDX-License-Identifier: BSD-3-Clause
"""The pytest plugin: tests of a user's own, run by pytest in a process of its own."""
