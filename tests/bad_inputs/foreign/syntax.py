from mininet.topo import Topo
class T(Topo:
    pass
