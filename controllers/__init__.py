"""The controllers: Ryu applications that set up light, and the conventional network's forwarding.

`runtime` alone knows Ryu and OS-Ken. `lightpath` and `packet` are plain logic: given the blueprint and a switch, they
return the rules (`rules`) that the switch must have.
"""
