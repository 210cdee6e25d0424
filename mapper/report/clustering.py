"""Clusterings for machines (JSON objects) and people (text, a table of several methods)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.clustered import ClusteringReport
from mapper.model.platform import UNLIMITED

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["clustering_summary", "clustering_table", "clustering_text"]

#: The columns of demands and limits; the last one only where buffers are limited.
_KINDS = ("axons", "neurons", "synapses", "buffer")


def clustering_summary(report: ClusteringReport) -> dict[str, Any]:
    """The JSON object of one clustering; ``axons`` are rows in all, packets those of the whole recording."""
    shares = report.utilisation
    kinds = _KINDS[: report.limits.shape[1]]
    return {
        "network": report.network,
        "method": report.method,
        "iteration": report.iteration,
        "clusters": report.clustering.count,
        "axons": int(report.demand[:, 0].sum()),
        "packets": report.packets,
        "packets_between_clusters": report.packets_between_clusters,
        "lower_bound": report.lower_bound,
        "bound_reason": report.bound_reason,
        "seconds": report.seconds,
        "feasible": report.feasible,
        "crossbars": report.crossbars,
        "limits": _first_limits(report),
        "mean_utilisation": dict(zip(kinds, shares.mean(axis=0).round(4).tolist(), strict=True))
        if len(shares)
        else dict.fromkeys(kinds, 0.0),
        "imbalance": {"synapses": _excess(report.demand[:, 2]), "events": _excess(report.events)},
        "unrolling": report.unrolling,
        "partial_units": report.partial_units,
        "partial_clusters": report.partial_clusters,
        "combiner_clusters": report.combiner_clusters,
    }


def _first_limits(report: ClusteringReport) -> dict[str, int]:
    """The limits of the first cluster by name; a buffer is named only if it has one."""
    return {kind: n for kind, n in zip(_KINDS, report.limits[0].tolist(), strict=False) if n != UNLIMITED}


def _limits_text(report: ClusteringReport) -> str:
    limits = _first_limits(report)
    text = ", ".join(f"{n} {kind}" for kind, n in limits.items() if kind != "buffer")
    return text + (f", a buffer for {limits['buffer']} packets a window" if "buffer" in limits else "")


def _excess(loads: NDArray[np.int64]) -> float:
    """How far the largest load exceeds the mean, as a share of it."""
    return round(float(loads.max() / loads.mean()) - 1, 4) if loads.any() else 0.0


def clustering_text(report: ClusteringReport) -> str:
    """What people read."""
    s = clustering_summary(report)
    used = ", ".join(f"{100 * share:.0f} % of the {kind}" for kind, share in s["mean_utilisation"].items())
    over = {kind: round(100 * share) for kind, share in s["imbalance"].items()}
    several = "" if len(report.limits) == 1 else " (the first; later ones have limits of their own)"
    lines = [
        f"{s['network']} by {s['method']}",
        f"limits       {_limits_text(report)}{several}",
        f"clusters     {s['clusters']} (no clustering has fewer than {s['lower_bound']}: {s['bound_reason']})",
        f"axons        {s['axons']}",
        f"packets      {s['packets']}, {s['packets_between_clusters']} of them between clusters",
        f"used         {used} on average",
        f"fullest      {over['synapses']} % more synapses, {over['events']} % more synaptic events than the mean",
        f"time         {s['seconds']:.3f} s",
    ]
    if s["partial_units"]:
        lines.insert(
            3,
            f"unrolled     {s['unrolling']}: {s['partial_units']} partial-sum units; {s['partial_clusters']} clusters "
            f"hold nothing else, {s['combiner_clusters']} hold neurons or units that add partial sums",
        )
    if not report.feasible:
        lines.append(f"infeasible   the platform has {s['crossbars']} crossbars")
    return "\n".join(lines)


def clustering_table(reports: list[ClusteringReport], failures: dict[str, str]) -> Table:
    """One row a method; the last two columns compare with the fewest clusters and packets of any."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{reports[0].network}, clusters of at most {_limits_text(reports[0])}")
    table.add_column("method")
    for heading in ("clusters", "bound", "axons", "packets", "between clusters", "feasible", "time"):
        table.add_column(heading, justify="right")
    for heading in ("clusters vs best", "packets vs best"):
        table.add_column(heading, justify="right")
    fewest = min((r.clustering.count for r in reports), default=0)
    least = min((r.packets_between_clusters for r in reports), default=0)
    for report in reports:
        s = clustering_summary(report)
        row = [s["method"], *(str(s[key]) for key in ("clusters", "lower_bound", "axons", "packets"))]
        row += [str(s["packets_between_clusters"]), "yes" if s["feasible"] else "no", f"{s['seconds']:.2f} s"]
        row += [_ratio(s["clusters"], fewest), _ratio(s["packets_between_clusters"], least)]
        table.add_row(*row)
    for method in failures:
        table.add_row(method, *["-"] * 9)
    table.caption = escape("\n".join(f"{method}: {why}" for method, why in failures.items()))
    return table


def _ratio(value: int, best: int) -> str:
    return f"{value / best:.3f}" if best else "-"
