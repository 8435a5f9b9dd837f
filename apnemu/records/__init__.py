# SPDX-License-Identifier: BSD-3-Clause
"""Records: what was measured in the lab, as it is written down.

The guest writes one JSON object a line (`record`, which needs the standard library alone, since imports are slow
there); the host gathers the lines of all networks into one Parquet file (`table`). Captured frames become pcapng
(`pcapng`); `pcap` reads the time stamps of a capture, and nothing else of it. `query` groups a table's records, and
makes percentiles of them. `documentation` is the reference of columns and kinds. No file of this room judges records:
experiments do.
"""
