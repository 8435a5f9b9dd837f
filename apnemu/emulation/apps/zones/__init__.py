# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Programs of a zone: `tenant` speaks over light of its own and withdraws it, `intruder` tries to get data out.

Both are told all in a file of JSON. `rest` asks the controller, as any client does.
"""
