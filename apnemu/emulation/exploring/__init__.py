# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Many scenarios played one after another in one boot, each looked at, and all set back in between.

`python -m apnemu.emulation.exploring FOLDER` reads `FOLDER/explored.json` and writes a line for each scenario into
`outcomes.jsonl`, and into `journals.jsonl` what the controller had on its disk at each look. An outcome has no instant
in it, so that a scenario's is the same bytes whatever was played before. `playing` plays one with the players of
`play`, `asking` asks for light, `seeing` looks at services, tables, orders and frames, `watching` sees what happens
between looks where a scenario is played alone, `setting_back` forgets all of it, and `kept` has a controller that is
lost and starts again within its process, where many scenarios share a boot.

Virtual time is free here, and system calls are not: what polls is stopped (`__main__.quiet`), the controller's and the
framework's loops by `controllers.explored`. No other run has any of this.
"""
