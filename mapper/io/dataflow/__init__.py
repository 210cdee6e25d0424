"""Dataflow graphs in files: SDF3 XML, JSON, DOT and networkx.

The readers take a file apart (``xmltree`` for XML) and hand its pieces to ``assemble``, which checks every name and
number and builds the graph; ``files`` chooses the format by suffix.
"""

from mapper.io.dataflow.files import FORMATS, convert, read_dataflow, write_dataflow

__all__ = ["FORMATS", "convert", "read_dataflow", "write_dataflow"]
