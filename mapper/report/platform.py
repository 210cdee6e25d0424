"""A platform's figures: the JSON object of `mapper platforms` and the text beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mapper.model.platform import Platform

__all__ = ["platform_summary", "platform_text"]


def platform_summary(platform: Platform) -> dict[str, Any]:
    """Sizes and coefficients."""
    return {
        "name": platform.name,
        "description": platform.description,
        "topology": type(platform.topology).__name__.lower(),
        "tiles": platform.tiles,
        "links": len(platform.topology.links),
        "tile_classes": [
            {**asdict(c), "tiles": int((platform.class_of == i).sum())} for i, c in enumerate(platform.tile_classes)
        ],
        "timing": asdict(platform.timing),
        "energy": asdict(platform.energy),
        "buffer_iterations": platform.buffer_iterations,
        "arbitration": platform.arbitration,
        "broken": list(platform.broken),
    }


def platform_text(platform: Platform) -> str:
    """What people read: one line a platform."""
    kinds = ", ".join(
        f"{int((platform.class_of == i).sum())} x {c.inputs} x {c.outputs}" for i, c in enumerate(platform.tile_classes)
    )
    return (
        f"{platform.name:20} {platform.tiles:5} tiles  {type(platform.topology).__name__.lower():10} crossbars {kinds}"
    )
