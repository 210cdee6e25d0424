"""An explanation: the JSON object of `mapper explain` and the text beside it."""

from __future__ import annotations

from typing import Any

from mapper.explain.answer import Explanation, Relief, Step
from mapper.model.bound_graph import EdgeKind
from mapper.report import units
from mapper.report.cycle import later

__all__ = ["explanation_summary", "explanation_text", "step_text"]

#: Steps of a long cycle that are shown.
SHOWN = 12


def explanation_summary(explanation: Explanation) -> dict[str, Any]:
    """What machines read: periods in ps as fraction strings, gains as shares."""
    limit, gap = explanation.limit, explanation.gap
    return {
        "period_ps": str(explanation.period),
        "bound_ps": str(explanation.bound),
        "bound_name": explanation.bound_name,
        "limit": {
            "kind": limit.kind,
            "what": limit.what,
            "cycle": [{**vars(step), "kind": step.kind.name.lower(), "words": step_text(step)} for step in limit.cycle],
        },
        "reliefs": [
            {
                "key": relief.key,
                "what": relief.what,
                "period_ps": str(relief.period),
                "gain": float(relief.gain),
                "same_mapping": relief.same_mapping,
                "bound_ps": None if relief.bound is None else str(relief.bound),
            }
            for relief in explanation.reliefs
        ],
        "gap": {
            "weak_side": gap.weak_side,
            "proven": gap.proven,
            "reason": gap.reason,
            "ladder": [{"key": r.key, "what": r.what, "period_ps": str(r.period)} for r in gap.ladder],
        },
    }


def step_text(step: Step) -> str:
    """One wait in words, with the iteration it leads to."""
    source, target = f"{step.source} (tile {step.source_tile})", f"{step.target} (tile {step.target_tile})"
    busy, way = units.time(step.busy_ps), units.time(step.way_ps)
    hops, packets = _count(step.hops, "hop"), _count(step.packets, "packet")
    match step.kind:
        case EdgeKind.DATA if step.hops:
            words = f"{source} runs {busy}, and sends {packets} over {hops} to {target} in {way}"
        case EdgeKind.DATA:
            words = f"{source} runs {busy}, and hands {packets} to {step.target} on its tile in {way}"
        case EdgeKind.BUFFER:
            held = _count(step.buffer_iterations, "iteration")
            credit = f"; the credit travels {way}" if step.way_ps else ""
            words = f"{source} runs {busy}, and frees space for {target} in their buffer of {held}{credit}"
        case EdgeKind.SELF:
            words = f"{source} runs {busy}, and can begin again"
        case _:
            reprogrammed = f" and {way} of reprogramming" if step.way_ps else ""
            follows = f"{step.target} follows in the tile's order"
            if step.kind is EdgeKind.WRAP:
                follows = f"the tile's next round begins with {step.target}"
            words = f"{source} runs {busy}{reprogrammed}; {follows}"
    when = later(step.iterations_later)
    return f"{words}, {when}" if when else words


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def explanation_text(explanation: Explanation) -> str:
    """What people read."""
    limit, gap = explanation.limit, explanation.gap
    lines = [f"period       {units.exact_time(explanation.period)}", f"limited by   {limit.what}"]
    lines += [f"             {step_text(step)}" for step in limit.cycle[:SHOWN]]
    if len(limit.cycle) > SHOWN:
        lines.append(f"             ... and {len(limit.cycle) - SHOWN} more steps (all with --json)")
    lines.append("reliefs      period with each alone, everything else as it is:")
    lines += [f"             {_relief_text(relief)}" for relief in explanation.reliefs]
    lines.append("gap          what the period is made of:")
    lines += [f"             {units.exact_time(rung.period)}  {rung.what}" for rung in gap.ladder]
    certainty = "" if gap.proven else "probably "
    lines.append(f"weak side    {certainty}{gap.weak_side}: {gap.reason}")
    return "\n".join(lines)


def _relief_text(relief: Relief) -> str:
    gain = f"-{units.share(relief.gain)}" if relief.gain else "no gain"
    text = f"{units.time(relief.period)} ({gain})  {relief.what}"
    if not relief.same_mapping:
        text += ", after a short search"
    if relief.bound is not None:
        text += f" (no mapping below {units.time(relief.bound)})"
    return text
