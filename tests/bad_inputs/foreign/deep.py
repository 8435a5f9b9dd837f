# SPDX-License-Identifier: BSD-3-Clause
from mininet.topo import Topo
class T(Topo):
    def build(self):
        self.build()
