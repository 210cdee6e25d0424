"""The one place where SONATA's HDF5 files are opened: they become nested dictionaries of arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import existing_file, library_errors

__all__ = ["Tree", "integers", "load_tree", "subtree"]

#: Groups as dictionaries, datasets as arrays, attributes under ``@name`` or ``dataset@name``.
Tree = Mapping[str, Any]
#: No more can be stored in a file of a given size (deflate's limit): a larger dataset is a damaged header.
_LARGEST_RATIO = 1100


def load_tree(path: Path, root: str, names: Collection[str], attributes: Collection[str] = ()) -> Tree:
    """Everything below the group ``root``: datasets called one of ``names``, all groups but ``indices``.

    Raises
    ------
    InputError
        No such file, no HDF5, a damaged dataset, or no group ``root``.
    """
    import h5py

    path = existing_file(path, "a SONATA file (HDF5)")
    limit = 2**20 + _LARGEST_RATIO * path.stat().st_size

    def visit(group: Any) -> dict[str, Any]:
        tree: dict[str, Any] = {f"@{key}": group.attrs[key] for key in attributes if key in group.attrs}
        for link in group:
            item = group.get(link)  # None: a link to nowhere
            name = link.decode(errors="replace") if isinstance(link, bytes) else link
            if isinstance(item, h5py.Group) and name != "indices":
                tree[name] = visit(item)
            elif isinstance(item, h5py.Dataset) and name in names:
                if item.nbytes > limit:
                    raise InputError(f"{path}: {item.name}", f"at most {limit} bytes of data", f"{item.nbytes}")
                tree[name] = np.asarray(item[()])
                tree.update({f"{name}@{key}": item.attrs[key] for key in attributes if key in item.attrs})
        return tree

    with library_errors(path, "a readable HDF5 file"), h5py.File(path, "r") as file:
        if not isinstance(file.get(root), h5py.Group):
            raise InputError(str(path), f"a group /{root}", f"{sorted(file)[:8]}")
        return visit(file[root])


def subtree(tree: Tree) -> dict[str, Tree]:
    """The groups in ``tree`` by name."""
    return {name: item for name, item in tree.items() if isinstance(item, dict)}


def integers(tree: Tree, key: str, where: str, size: int | None = None) -> NDArray[np.int64]:
    """The one-dimensional integer dataset ``key``; ``size`` is its length where that is known."""
    values = tree.get(key)
    if not isinstance(values, np.ndarray):
        raise InputError(where, f"a dataset {key!r}", "none")
    if values.ndim != 1 or values.dtype.kind not in "iu" or (size is not None and values.size != size):
        got = f"shape {values.shape}, dtype {values.dtype}"
        length = "" if size is None else f"{size} "
        raise InputError(f"{where}/{key}", f"{length}integers in one dimension", got)
    return values.astype(np.int64)
