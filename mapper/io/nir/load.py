"""From a NIR file to nested dictionaries, whatever state the file is in.

``nir.read`` builds node objects, which fails on files that are sound for our purpose: a convolution without
``input_shape``, parameters of which some are 0-d, and nested graphs, whose types it checks even with
``type_check=False``. So only the first half of ``nir.read`` is used, its walk through the HDF5 file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mapper.errors import InputError
from mapper.io.nir.damage import refuse_oversized, refuse_stuck_heaps

__all__ = ["load_tree"]

_AGAIN = "write the file again, for instance with nir.write()"


def load_tree(path: str | Path) -> dict[str, Any]:
    """The root graph as nested dictionaries of strings and arrays, as ``nir.write`` lays them out.

    Raises
    ------
    InputError
        No such file, not HDF5, damaged, or without a NIR graph.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(str(path), "a NIR file", "no such file", "check the path")
    import h5py
    from nir.serialization import hdf2dict

    if not h5py.is_hdf5(file):
        raise InputError(str(path), "a NIR file (HDF5)", "a file of another format", _AGAIN)
    try:
        refuse_stuck_heaps(file)
        with h5py.File(file, "r") as stream:
            root = stream.get("node")
            if isinstance(root, h5py.Group):
                refuse_oversized(root, file.stat().st_size)
                tree: dict[str, Any] | None = hdf2dict(root)
            else:
                tree = None
    except Exception as error:  # a damaged file makes h5py raise almost anything
        raise InputError(str(path), "a readable HDF5 file", f"a damaged one ({error})", _AGAIN) from error
    if tree is None:
        raise InputError(str(path), "a NIR graph under the key 'node'", "none", _AGAIN)
    kind = tree.get("type")
    if not isinstance(kind, str) or kind != "NIRGraph":
        got = f"a node of type {kind!r}"
        raise InputError(str(path), "a NIRGraph", got, "write the whole graph, with Input and Output nodes")
    return tree
