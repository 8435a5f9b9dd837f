# SPDX-License-Identifier: BSD-3-Clause
"""The network in a browser (`apnemu live`): a page on this machine's loopback that follows a lab and has it in hand.

Pure: `told` reads what a guest tells, `orders` what a page asks for, `changes` makes a timeline of states; `words` are
the texts of the page's script. `board` stands between a lab's threads and the `server`, which is tornado's; `page`
makes what it serves, of the templates, style and script in `files`. `network` is a shell's guest in a page's hands,
`run` an experiment's run that pages follow, with its `lights` as the controller's journal has them.

The guest waits at the shell's gate (`lab.gate`), so that virtual time stands still, to the nanosecond, whenever the
page lets it. Names of topologies and whatever a guest prints are text for the browser, never HTML; its policy allows no
script but the page's own.

Rejected: a framework of the browser's with a build chain (the page is three files that anybody reads); a library of
charts (larger than the page); the report's page that grows (it is one file that opens anywhere, for good, and needs no
server).
"""
