"""Topology files: YAML 1.2 -> a checked `Plant`. Nothing here touches the machine or chooses light.

Three steps, each in its file: `document` (YAML -> nodes with lines), `parse` (nodes + the table in `format` -> typed
entries), `reader` with `demands`, `packet` and `equipment` (entries that know of one another -> `Plant`).

A file, with every key (those marked * must be there):

    apnemu: 1                      * version of the format
    name: NAME                     *
    about: {source, licence, inferred: [WORDS], note}
    equipment: NAME                  equipment/NAME.yaml beside the file or shipped; `default` if not given
    spectrum: {from_thz*, to_thz*}   edges of the band, on the 6.25 GHz grid; C band, 191.3 to 196.1, if not given
    sites:                         * by name, at least 2, all joined
      NAME: {kind*, lat*, lon*, power_mw, population, hosts}      kind: edge, local, cluster or exchange
    fibres:                        * at least 1; a pair of fibres, one each way
      - {between: [SITE, SITE]*, length_km*, name, group_index, span_km}
    demands:
      - {name*, from*, to*, rate_gbps*}
      - {name*, among: all or [SITE, ...]*, rate_gbps*}   one for each pair of data centres, named NAME/SITE-SITE
    packet: {line_rate_gbps, mtu_bytes, buffer_bytes, forwarding_us, oeo_us, fec_us,
             background: {kind, load, frame_bytes, burst_bytes, pareto_shape}}      kind: none, poisson or pareto
    scenario:                        in any order; instants in seconds of virtual time
      - {at_s*, event: cut*, what: FIBRE or [FIBRE, ...]*}
      - {at_s*, event: lose*, what: SITE or [SITE, ...]*}             its ROADM, its router and its hosts
      - {at_s*, event: lose*, what: controller*}                      killed; repair starts it again
      - {at_s*, event: region*, centre: [LAT, LON] or site: SITE*, radius_km*}      see `scenario.hit`
      - {at_s*, event: sag*, what: FIBRE*, db*}    its first in-line amplifier gives so much less gain; `Fibre.sag_km`
      - {at_s*, event: repair*, what: all, or fibres, sites, controller*}
    gnpy: {network*, equipment, sim_params}   GNPy's own files that `apnemu import` made this one from

`experiments/failover.py` plays the scenario; whatever else runs on such a file says that it does not. A sag is felt by
light on demand alone, whose controller is told of it: networks without one take no notice, nor do routers, which
regenerate at every hop. The limits of each value are in `format.py` and nowhere else.

Rejected: ruamel's round-trip objects (a yes/no passes for a number, and lines are lost on plain lists); JSON Schema as
the judge (its messages have no lines and no way out); pydantic (the same, and a second error tree).
"""

from apnemu.topology.reader import input_files, read_plant

__all__ = ["input_files", "read_plant"]
