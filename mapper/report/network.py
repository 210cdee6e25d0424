"""A network's sizes: the JSON object of `mapper info` and the text beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mapper.model.network import SpikingNetwork

__all__ = ["network_summary", "network_text"]


def network_summary(network: SpikingNetwork) -> dict[str, Any]:
    """Sizes, fan-ins and spikes; ``spikes`` is the total of the recording, ``None`` without one."""
    fan_in = network.fan_in()[~network.is_input]
    counts = network.spike_counts
    return {
        "name": network.name,
        "inputs": network.input_count,
        "neurons": network.neuron_count,
        "synapses": network.synapse_count,
        "max_fan_in": int(fan_in.max(initial=0)),
        "mean_fan_in": float(fan_in.mean()) if fan_in.size else 0.0,
        "fan_in_histogram": _histogram(fan_in),
        "self_loops": _self_loops(network),
        "delayed": network.delayed,
        "spikes": None if counts is None else int(counts.sum()),
        "steps": network.steps,
        "windows": network.windows,
        "populations": [
            {
                "name": p.name,
                "size": p.size,
                "shape": list(p.shape),
                "model": p.neuron.kind if p.neuron else None,
                "inputs": int(network.is_input[p.start : p.stop].sum()),
                "spikes": None if counts is None else int(counts[p.start : p.stop].sum()),
            }
            for p in network.populations
        ],
    }


def _self_loops(network: SpikingNetwork) -> int:
    found = 0
    if not network.layered:
        for start, rows in network.pieces():
            found += int(np.count_nonzero(rows.sources(start) == rows.targets))
    return found


def _histogram(fan_in: np.ndarray[Any, np.dtype[np.int64]]) -> list[dict[str, int]]:
    """Neurons by fan-in, in bins 0, 1, 2-3, 4-7, ..., up to the largest."""
    bins: list[dict[str, int]] = []
    low, high = 0, 0
    while fan_in.size and low <= int(fan_in.max()):
        bins.append({"from": low, "to": high, "neurons": int(((fan_in >= low) & (fan_in <= high)).sum())})
        low, high = high + 1, 2 * high + 1
    return bins


def network_text(network: SpikingNetwork) -> str:
    """What people read."""
    summary = network_summary(network)
    spikes = summary["spikes"]
    recorded = "not recorded" if spikes is None else f"{spikes} in {network.windows} x {network.steps} steps"
    lines = [
        f"{network.name}",
        f"inputs       {summary['inputs']}",
        f"neurons      {summary['neurons']}",
        f"synapses     {summary['synapses']} (largest fan-in {summary['max_fan_in']})",
        f"spikes       {recorded}",
        "populations",
    ]
    for p in summary["populations"]:
        kind = "input" if p["inputs"] else p["model"] or "unknown model"
        shape = "x".join(map(str, p["shape"]))
        fired = "" if p["spikes"] is None else f", {p['spikes']} spikes"
        lines.append(f"  {p['name']}: {p['size']} ({shape}), {kind}{fired}")
    lines.append("fan-in")
    most = max((b["neurons"] for b in summary["fan_in_histogram"]), default=1) or 1
    for b in summary["fan_in_histogram"]:
        span = str(b["from"]) if b["from"] == b["to"] else f"{b['from']}-{b['to']}"
        lines.append(f"  {span:>13} {b['neurons']:>9} {'#' * round(40 * b['neurons'] / most)}")
    return "\n".join(lines)
