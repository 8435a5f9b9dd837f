# SPDX-License-Identifier: BSD-3-Clause
"""Results as tables, figures and one HTML page. The room is handed rows and how to show them, and knows no experiment.

Descriptions that an experiment gives: `shown` (sentence, figures, columns), `curves` (lines or dots), `columns`.

Text: `words` (numbers and names as a person reads them), `language` (of pages; catalogues lie in `languages`),
`headline` (sentences about a run), `tables` (for a terminal), `power` (those of plans and dispatches), `fitted` (to its
width), `ordering` (of networks and phases), `lines` (a word where lines of different rates are compared), `headings`
(names of columns, and the units in them), `compared_text` and `compared_words` (runs beside one another).

Round trips, which several experiments show: `round_trips`, `round_trip_figures`, `round_trip_table`.

Plant and light, from the `picture` of a run: `maps` (the ground of each map), `coasts` (land under it), `layout` (sites
without a place), `plant_map`, `lights`, `light_figures`, `trees`.

Drawing: `svg` (elements, scales, keys), `plots` (a plot with its caption), `bars` (shares beside one another), `stacks`
(steps above one another over hours).

Pages: `page` (a run's, or several runs'), `sweep_page`, `compared_page`, `explored_page`; templates, style and
script lie in `templates`.

Rejected: telling from the names of columns which experiment is shown (somebody else's column of that name broke the
page, and each experiment was known in fifty places); a plotting library (megabytes of script in each page, or pictures
whose text neither flows nor follows the reader's colours); a server (a page is one file that opens anywhere, for
good).
"""
