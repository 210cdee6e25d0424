"""The trade-off between buffer space and throughput, as text for people and as a JSON object."""

from __future__ import annotations

from typing import Any

from mapper.analysis.buffers.front import BufferFront
from mapper.model.sdf import SDFGraph

__all__ = ["buffers_object", "buffers_text"]


def buffers_object(graph: SDFGraph, front: BufferFront, seconds: float) -> dict[str, Any]:
    """``pareto``: total size, throughput (a fraction, or ``infinite``) and every distribution, by growing size."""
    return {
        "graph": graph.name,
        "channels": [_channel(graph, c) for c in front.channels],
        "pareto": [
            {
                "total_size": point.total_size,
                "throughput": "infinite" if point.throughput is None else str(point.throughput),
                "distributions": [list(distribution) for distribution in point.distributions],
            }
            for point in front.points
        ],
        "complete": front.complete,
        "explored_size": front.explored_size,
        "evaluations": front.evaluations,
        "seconds": round(seconds, 6),
    }


def _channel(graph: SDFGraph, channel: int) -> dict[str, Any]:
    source, target = graph.actors[int(graph.sources[channel])], graph.actors[int(graph.targets[channel])]
    return {"index": channel, "source": source, "target": target}


def buffers_text(graph: SDFGraph, front: BufferFront, *, most: int = 8) -> str:
    """What people read; of many equal distributions only ``most`` are shown."""
    names = [f"{c['source']}->{c['target']}" for c in (_channel(graph, c) for c in front.channels)]
    lines = [f"{graph.name}: capacities of {', '.join(names)}", f"{'total':>8}  {'throughput':>16}  distributions"]
    for point in front.points:
        rate = "infinite" if point.throughput is None else str(point.throughput)
        shown = " ".join(f"({', '.join(map(str, d))})" for d in point.distributions[:most])
        more = len(point.distributions) - most
        lines.append(f"{point.total_size:>8}  {rate:>16}  {shown}" + (f" and {more} more" if more > 0 else ""))
    if not front.points:
        lines.append("none" if front.complete else "none found yet")
    if not front.complete:
        lines.append(f"partial: stopped early; every total below {front.explored_size} has been considered")
    return "\n".join(lines)
