# SPDX-License-Identifier: BSD-3-Clause
from mininet.topo import Topo
class T(Topo):
    def build(self):
        name = "%999999999d" % 1
