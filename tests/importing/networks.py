# SPDX-License-Identifier: BSD-3-Clause
"""Small networks in other people's forms, written for tests by the forms' public specifications; no file is copied.

`FILES` are their texts by name. Places are of real towns; names of links and figures are made up. GraphML and GML have
the attributes of the Internet Topology Zoo, SNDlib's are after its technical report, Net2Plan's after its user's guide,
T-API's after ONF TR-547, OpenROADM's after its published YANG (network model 10), TopoHub's after its README.
"""

from __future__ import annotations

import json
from pathlib import Path

TOWNS = {"London": (51.5, -0.12), "Paris": (48.85, 2.35), "Brussels": (50.85, 4.35), "Köln": (50.94, 6.96)}
RING = (("London", "Paris"), ("Paris", "Brussels"), ("Brussels", "Köln"), ("London", "Brussels"))

GRAPHML = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d7" />
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d6" />
  <key attr.name="label" attr.type="string" for="node" id="d5" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d4" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d3" />
  <key attr.name="Internal" attr.type="int" for="node" id="d2" />
  <key attr.name="Network" attr.type="string" for="graph" id="d1" />
  <key attr.name="Creator" attr.type="string" for="graph" id="d0" />
  <graph edgedefault="undirected">
    <data key="d0">Topology Zoo Toolset</data>
    <data key="d1">Channel Ring</data>
%s
  </graph>
</graphml>
"""
GRAPHML_NODES = "\n".join(
    f'    <node id="{number}"><data key="d5">{name}</data><data key="d3">{lat}</data><data key="d4">{lon}</data>'
    f'<data key="d2">1</data></node>'
    for number, (name, (lat, lon)) in enumerate(TOWNS.items())
)
ENDS = [(list(TOWNS).index(a), list(TOWNS).index(b)) for a, b in RING]
GRAPHML_EDGES = "\n".join(
    f'    <edge source="{a}" target="{b}"><data key="d7">10000000000.0</data><data key="d6">10 Gbps</data></edge>'
    for a, b in [*ENDS, ENDS[0]]
)
GML = (
    'graph [\n  Creator "Topology Zoo Toolset"\n  Network "Channel Ring"\n  multigraph 1\n'
    + "".join(
        f'  node [\n    id {number}\n    label "{name.encode("ascii", "xmlcharrefreplace").decode()}"\n'
        f"    Latitude {lat}\n    Longitude {lon}\n    Internal 1\n  ]\n"
        for number, (name, (lat, lon)) in enumerate(TOWNS.items())
    )
    + "".join(
        f"  edge [\n    source {a}\n    target {b}\n    key {key}\n  ]\n" for key, (a, b) in enumerate([*ENDS, ENDS[0]])
    )
    + "]\n"
)
NATIVE = (
    "?SNDlib native format; type: network; version: 1.0\n# network channel\n\nNODES (\n"
    + "".join(f"  {name} ( {lon} {lat} )\n" for name, (lat, lon) in TOWNS.items())
    + ")\n\nLINKS (\n"
    + "".join(f"  L{n} ( {a} {b} ) 0.00 0.00 0.00 0.00 ( 40.00 10.00 80.00 15.00 )\n" for n, (a, b) in enumerate(RING))
    + ")\n\nDEMANDS (\n  D1 ( London Köln ) 1 52.00 UNLIMITED\n  D2 ( Köln London ) 1 60.00 UNLIMITED\n"
    "  D3 ( Paris Köln ) 2 10.00 5\n)\n"
)
SNDLIB_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<network xmlns="http://sndlib.zib.de/network" version="1.0">\n'
    ' <networkStructure>\n  <nodes coordinatesType="geographical">\n'
    + "".join(
        f'   <node id="{name}"><coordinates><x>{lon}</x><y>{lat}</y></coordinates></node>\n'
        for name, (lat, lon) in TOWNS.items()
    )
    + "  </nodes>\n  <links>\n"
    + "".join(
        f'   <link id="L{number}"><source>{a}</source><target>{b}</target>\n'
        "    <additionalModules><addModule><capacity>155</capacity><cost>9</cost></addModule></additionalModules>"
        "</link>\n"
        for number, (a, b) in enumerate(RING)
    )
    + '  </links>\n </networkStructure>\n <demands>\n  <demand id="D1"><source>London</source><target>Köln</target>'
    "<demandValue>195.0</demandValue></demand>\n </demands>\n</network>\n"
)
SNDLIB_JSON = json.dumps(
    {
        "nodes": [{"id": name, "longitude": 400.0 + lon, "latitude": lat} for name, (lat, lon) in TOWNS.items()],
        "links": [{"id": f"L{n}", "source": a, "target": b, "modules": []} for n, (a, b) in enumerate(RING)],
        "demands": [{"id": "D1", "source": "London", "target": "Paris", "routing_unit": 1, "demand_value": 7.5}],
        "admissible_paths": {},
    },
    indent=1,
)
NODE_LINK = json.dumps(
    {
        "directed": False,
        "multigraph": True,
        "graph": {"name": "channel"},
        "nodes": [{"id": name, "lat": lat, "lon": lon} for name, (lat, lon) in TOWNS.items()],
        "links": [{"source": a, "target": b, "key": 0, "length_km": 400.5, "colour": "red"} for a, b in RING],
    },
    indent=1,
)
TOPOHUB = json.dumps(
    {
        "directed": False,
        "multigraph": False,
        "graph": {"name": "plane", "demands": {"0": {"1": 5.0}, "1": {"0": 7.0}}, "stats": {}},
        "nodes": [{"name": f"R{n}", "pos": [188.48 + 50 * n, 463.39], "id": n} for n in range(3)],
        "edges": [
            {"dist": 50.0 + n, "ecmp_fwd": {"uni": 8.4}, "ecmp_bwd": {"uni": 9.1}, "source": n, "target": n + 1}
            for n in range(2)
        ],
    },
    indent=1,
)
NET2PLAN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<network name="Channel" description="made for a test" version="6">\n'
    + "".join(
        f'\t<node id="{number}" name="{name}" xCoord="{lon}" yCoord="{lat}" population="0.0">'
        f'<attribute key="population" value="{1000 * number + 1}"/></node>\n'
        for number, (name, (lat, lon)) in enumerate(TOWNS.items())
    )
    + '\t<layer id="9" isDefaultLayer="true" linkCapacityUnitsName="Gbps" demandTrafficUnitsName="Mbps">\n'
    + "".join(
        f'\t\t<link id="{100 + number}" name="l{number}" originNodeId="{a}" destinationNodeId="{b}" capacity="500.0" '
        f'lengthInKm="{length}" propagationSpeedInKmPerSecond="200000.0"/>\n'
        for number, (a, b, length) in enumerate(
            [*((a, b, 400 + a) for a, b in ENDS), *((b, a, 400 + a + (a == 2)) for a, b in ENDS)]
        )
    )
    + '\t\t<demand id="300" ingressNodeId="0" egressNodeId="3" offeredTraffic="2500"/>\n\t\t<sourceRouting/>\n'
    "\t</layer>\n</network>\n"
)
NODES_CSV = "id,name,lat,lon,colour\n" + "".join(
    f"{number},{name},{lat},{lon},red\n" for number, (name, (lat, lon)) in enumerate(TOWNS.items())
)
LINKS_CSV = "from;to;length_km\n" + "".join(f"{a};{b};400.5\n" for a, b in RING)
TAPI = json.dumps(
    {
        "tapi-common:context": {
            "uuid": "c",
            "tapi-topology:topology-context": {
                "topology": [
                    {
                        "uuid": "t",
                        "name": [{"value-name": "TOPOLOGY_NAME", "value": "channel"}],
                        "node": [
                            {
                                "uuid": f"00000000-0000-0000-0000-00000000000{number}",
                                "name": [{"value-name": "NODE_NAME", "value": name}],
                                "owned-node-edge-point": [],
                            }
                            for number, name in enumerate(TOWNS)
                        ],
                        "link": [
                            {
                                "uuid": f"l{number}",
                                "direction": "BIDIRECTIONAL",
                                "layer-protocol-name": ["PHOTONIC_MEDIA"],
                                "node-edge-point": [
                                    {"topology-uuid": "t", "node-uuid": f"00000000-0000-0000-0000-00000000000{end}"}
                                    for end in ends
                                ],
                                "cost-characteristic": [{"cost-name": "LENGTH_KM", "cost-value": "400.5"}],
                                "total-potential-capacity": {"total-size": {"value": 9600, "unit": "GBPS"}},
                            }
                            for number, ends in enumerate(ENDS)
                        ],
                    }
                ]
            },
        }
    },
    indent=1,
)


def _openroadm() -> str:
    nodes, links = [], []
    for name, ports in {"ROADM-A": ("DEG1", "SRG1"), "ROADM-B": ("DEG1", "DEG2"), "ROADM-C": ("DEG1", "SRG1")}.items():
        for port in ports:
            nodes.append(
                {
                    "node-id": f"{name}-{port}",
                    "supporting-node": [
                        {"network-ref": "clli-network", "node-ref": f"CLLI-{name}"},
                        {"network-ref": "openroadm-network", "node-ref": name},
                    ],
                    "org-openroadm-common-network:node-type": port[:3] if port[:3] == "SRG" else "DEGREE",
                }
            )
        links.append((f"{name}-{ports[0]}", f"{name}-{ports[1]}", "EXPRESS-LINK", None))
    for name in ("XPDR-A1", "XPDR-C1"):
        nodes.append(
            {
                "node-id": f"{name}-XPDR1",
                "supporting-node": [{"network-ref": "openroadm-network", "node-ref": name}],
                "org-openroadm-common-network:node-type": "XPONDER",
            }
        )
        links.append((f"{name}-XPDR1", f"ROADM-{name[5]}-SRG1", "XPONDER-INPUT", None))
    for a, b, metres in (("A-DEG1", "B-DEG1", [60_000, 25_500]), ("B-DEG2", "C-DEG1", [80_000])):
        links += [
            (f"ROADM-{a}", f"ROADM-{b}", "ROADM-TO-ROADM", metres),
            (f"ROADM-{b}", f"ROADM-{a}", "ROADM-TO-ROADM", metres),
        ]
    form = [
        {
            "link-id": f"{a}to{b}",
            "source": {"source-node": a, "source-tp": "x"},
            "destination": {"dest-node": b, "dest-tp": "y"},
            "org-openroadm-common-network:link-type": kind,
            **(
                {
                    "org-openroadm-network-topology:OMS-attributes": {
                        "span": {"link-concatenation": [{"SRLG-Id": i, "SRLG-length": m} for i, m in enumerate(metres)]}
                    }
                }
                if metres
                else {}
            ),
        }
        for a, b, kind, metres in links
    ]
    network = {"network-id": "openroadm-topology", "node": nodes, "ietf-network-topology:link": form}
    return json.dumps({"ietf-network:networks": {"network": [{"network-id": "clli-network"}, network]}}, indent=1)


OPENROADM = _openroadm()
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            *(
                {
                    "type": "Feature",
                    "properties": {"name": name},
                    "geometry": {"type": "Point", "coordinates": [lon, lat]},
                }
                for name, (lat, lon) in TOWNS.items()
            ),
            *(
                {
                    "type": "Feature",
                    "properties": {},
                    "geometry": {"type": "LineString", "coordinates": [TOWNS[a][::-1], TOWNS[b][::-1]]},
                }
                for a, b in RING
            ),
        ],
    },
    indent=1,
)
MININET = '''"""A ring of switches, each with hosts."""
from mininet.topo import Topo
from mininet.link import TCLink
from mininet.util import irange


class Ring(Topo):
    def build(self, count=3, hosts=1, **opts):
        switches = [self.addSwitch('s%d' % number) for number in irange(1, count)]
        for number, switch in enumerate(switches, start=1):
            for host in range(hosts):
                self.addLink(self.addHost(f'h{number}x{host}', ip='10.0.%d.%d/24' % (number, host)), switch, bw=10)
        for here, there in zip(switches, switches[1:] + switches[:1]):
            self.addLink(here, there, cls=TCLink, delay='2ms', bw=100, loss=1 if here == 's1' else 0)


topos = {'ring': (lambda: Ring(count=4, hosts=2))}
'''
FILES = {
    "channel.graphml": GRAPHML % f"{GRAPHML_NODES}\n{GRAPHML_EDGES}",
    "channel.gml": GML,
    "channel.native.txt": NATIVE,
    "channel.sndlib.xml": SNDLIB_XML,
    "channel.sndlib.json": SNDLIB_JSON,
    "channel.node-link.json": NODE_LINK,
    "plane.topohub.json": TOPOHUB,
    "channel.n2p": NET2PLAN,
    "channel.csv": NODES_CSV,
    "links.csv": LINKS_CSV,
    "channel.tapi.json": TAPI,
    "roadms.json": OPENROADM,
    "channel.geojson": GEOJSON,
    "ring.py": MININET,
}
"""Texts by file name; `links.csv` belongs to `channel.csv`."""


def written(folder: Path) -> dict[str, Path]:
    """Write all of them into a folder; their paths by name."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in FILES}
