# SPDX-License-Identifier: BSD-3-Clause
"""Runs beside one another, made of recorded results: no lab is needed."""
