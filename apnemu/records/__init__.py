"""What was seen, as written down.

The guest writes one JSON object a line (`record`, which needs the standard library alone, since imports are slow
there); the host gathers the lines of all networks into one Parquet file (`table`). Captured frames become pcapng
(`pcapng`). Nothing here reduces or judges: that is `report`.
"""
