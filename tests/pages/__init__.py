# SPDX-License-Identifier: BSD-3-Clause
"""Pages of the experiments about power, as a browser draws them and in the languages that they have."""
