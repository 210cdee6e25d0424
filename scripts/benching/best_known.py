"""Best known clusterings of the benchmark rows: read, compared, and written once a better one was checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["BEST_KNOWN", "best_known", "improve", "write"]

BEST_KNOWN = Path(__file__).resolve().parents[2] / "instances" / "best_known_clusterings.json"

#: What is recorded as best, and the figures that are compared for it, in this order.
_GOALS = {
    "clusters": ("clusters", "packets_between_clusters", "packets"),
    "packets": ("packets_between_clusters", "clusters", "packets"),
}


def best_known() -> dict[str, Any]:
    """``{"row, iteration": {"network": fingerprint, "lower_bound": n, "clusters": {...}, "packets": {...}}}``."""
    if not BEST_KNOWN.is_file():
        return {}
    rows: dict[str, Any] = json.loads(BEST_KNOWN.read_text(encoding="utf-8"))["rows"]
    return rows


def improve(rows: dict[str, Any], key: str, network: str, bound: int, found: dict[str, Any], command: str) -> bool:
    """Enter checked figures where they are better; a network of another fingerprint starts afresh.

    ``found`` holds clusters, packets, packets_between_clusters, method, objective, seconds and seed.
    """
    entry = rows.get(key)
    if entry is None or entry["network"] != network:
        entry = rows[key] = {"network": network, "lower_bound": bound}
    entry["lower_bound"] = max(bound, entry["lower_bound"])
    changed = False
    for goal, figures in _GOALS.items():
        old = entry.get(goal)
        if old is None or [found[f] for f in figures] < [old[f] for f in figures]:
            entry[goal] = {**found, "command": command}
            changed = True
    return changed


def write(rows: dict[str, Any]) -> None:
    """Write the fixtures."""
    about = (
        "Best known clusterings of the benchmark networks (scripts/benching/networks.py, balanced unrolling), written "
        "by scripts/bench_clustering.py --update after every clustering passed its check. lower_bound is proven."
    )
    text = json.dumps({"about": about, "rows": dict(sorted(rows.items()))}, indent=1)
    BEST_KNOWN.write_text(text + "\n", encoding="utf-8")
