"""Clusterings in files: JSON for people and small networks, .npz for large ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mapper.errors import InputError
from mapper.io.atomic import atomic_write
from mapper.io.guard import existing_file, library_errors, model_errors
from mapper.io.npzfile import load_npz, save_npz
from mapper.model.clustered import ClusteringReport
from mapper.model.clustering import Clustering

__all__ = ["read_clustering", "write_clustering"]

FORMAT, VERSION = "mapper-clustering", 1
_TEXTS = ("network", "method", "iteration", "unrolling", "bound_reason")
_NUMBERS = (
    *("packets", "packets_between_clusters", "lower_bound"),
    *("partial_clusters", "combiner_clusters", "crossbars", "seconds"),
)
_ARRAYS = ("assignment", "origin", "limits", "demand", "events")


def write_clustering(report: ClusteringReport, path: str | Path) -> None:
    """Write a clustering, as .npz if ``path`` ends so, else as JSON.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    head: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    head |= {key: getattr(report, key) for key in (*_TEXTS, *_NUMBERS)}
    head["clusters"] = report.clustering.count
    arrays = {"assignment": report.clustering.assignment} | {key: getattr(report, key) for key in _ARRAYS[1:]}
    if str(path).endswith(".npz"):
        save_npz(path, {"head": np.array(json.dumps(head, ensure_ascii=False)), **arrays})
        return
    content = {**head, **{key: values.tolist() for key, values in arrays.items()}}
    with atomic_write(path) as stream:
        stream.write(json.dumps(content, ensure_ascii=False) + "\n")


def read_clustering(path: str | Path) -> ClusteringReport:
    """Read a clustering; nothing is measured again.

    Raises
    ------
    InputError
        No such file, another format or version, or contents that do not fit each other.
    """
    path = existing_file(path, "a clustering (.json or .npz)")
    fix = "write it with `mapper cluster ... -o FILE`"
    if str(path).endswith(".npz"):
        packed = load_npz(path)
        with library_errors(path, f"a file of format {FORMAT!r}", fix):
            content = {**json.loads(str(packed.pop("head"))), **packed}
    else:
        with library_errors(path, f"a file of format {FORMAT!r}", fix):
            content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(str(path), f"a file of format {FORMAT!r}", "another", fix)
    if content.get("version") != VERSION:
        raise InputError(str(path), f"version {VERSION}", repr(content.get("version")), "use the release that wrote it")
    missing = [key for key in (*_TEXTS, *_NUMBERS, *_ARRAYS, "clusters") if key not in content]
    if missing:
        raise InputError(str(path), "a complete clustering", f"no key {missing[0]!r}", fix)
    for key, kinds in ((_TEXTS, str), (_NUMBERS[:-2], int), (("clusters",), int)):
        for name in key:
            if isinstance(content[name], bool) or not isinstance(content[name], kinds):
                raise InputError(f"{path}: key {name!r}", f"a value of type {kinds.__name__}", repr(content[name]), fix)
    with library_errors(path, "lists of whole numbers", fix):
        arrays: dict[str, Any] = {key: np.asarray(content[key]) for key in _ARRAYS}
    if arrays["demand"].size == 0:
        arrays["demand"] = arrays["demand"].reshape(0, *arrays["limits"].shape[-1:])
    with model_errors(path, fix):
        clustering = Clustering(arrays.pop("assignment"), content["clusters"], content["method"])
        return ClusteringReport(clustering=clustering, **arrays, **{key: content[key] for key in (*_TEXTS, *_NUMBERS)})
