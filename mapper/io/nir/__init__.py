"""Reading NIR files (HDF5 graphs of spiking and linear layers) as spiking networks.

The way of a file: ``load`` (HDF5 to nested dictionaries), ``flatten`` (one flat graph of nodes), ``order`` (the flow of
spikes through it), ``shapes`` (what each node takes and gives), ``linear`` (a linear node as a sparse map), ``compose``
(products of those maps along every path between two populations), ``assemble`` (the network).
"""

from mapper.io.nir.assemble import read_nir

__all__ = ["read_nir"]
