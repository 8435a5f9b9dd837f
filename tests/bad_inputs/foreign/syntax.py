# SPDX-License-Identifier: BSD-3-Clause
from mininet.topo import Topo
class T(Topo:
    pass
