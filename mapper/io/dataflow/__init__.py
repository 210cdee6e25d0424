"""Dataflow graphs in files: SDF3 XML, JSON, DOT and networkx.

The readers take a file apart (``xmltree`` for XML) and hand its pieces to ``assemble``, which checks every name and
number and builds the graph; ``files`` chooses the format by suffix.
"""

from mapper.io.dataflow.files import FORMATS, convert, read_dataflow, write_dataflow
from mapper.io.dataflow.nx import from_networkx, to_networkx

__all__ = ["FORMATS", "convert", "from_networkx", "read_dataflow", "to_networkx", "write_dataflow"]
