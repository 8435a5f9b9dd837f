# SPDX-License-Identifier: BSD-3-Clause
from mininet.topo import Topo
class T(Topo):
    def build(self):
        self.addHost("a")
        self.addHost("b")
        self.addLink("a", "b", delay="5 parsecs")
