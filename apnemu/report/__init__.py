"""Records to tables, figures and one HTML page.

`rows` reduces records to result rows (integers stay integers); `tables` shows rows in a terminal; `page` writes
`report.html`, with figures from `latency_charts`, `load_charts` and `plant_map`, in the words of `words`.
"""
