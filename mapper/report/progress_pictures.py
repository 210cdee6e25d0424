"""Pictures of a search: how mapping and bound improved over time, and the front between two goals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mapper.model.front import Front
from mapper.model.result import Result, TracePoint
from mapper.report.pictures import new_figure, save_picture

__all__ = ["picture_front", "picture_trace"]

#: Divides a goal's figures for its axis, with the label.
_AXES = {
    "period": (1e6, "period [µs]"),
    "energy": (1e6, "energy [nJ]"),
    "tiles": (1, "tiles used"),
    "latency": (1e6, "latency [µs]"),
}
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf")


def picture_trace(result: Result, path: str | Path) -> None:
    """Draw each goal's incumbent and proven bound over time, a marker for each improvement, coloured by its finder.

    Raises
    ------
    InputError
        An ending that is no picture's, matplotlib (extra ``plot``) is missing, or the file cannot be written.
    """
    traces = [(goal.goal, goal.trace) for goal in result.goals] or [("period", result.trace)]
    figure = new_figure(path, 8, 1 + 3 * len(traces))
    panels = figure.subplots(len(traces), squeeze=False)[:, 0]
    for axes, (goal, trace) in zip(panels, traces, strict=True):
        _draw(axes, goal, trace, result.seconds)
    names = f"{result.network.name} on {result.platform.name}"
    panels[0].set_title(f"{names}: {result.status.value} in {result.seconds:.2f} s with {result.method}")
    save_picture(figure, path)


def _draw(axes: Any, goal: str, trace: Sequence[TracePoint], seconds: float) -> None:
    scale, label = _AXES[goal]
    found = [(p.seconds, float(p.value) / scale) for p in trace if p.value is not None]
    proven = [(p.seconds, float(p.bound) / scale) for p in trace if p.bound is not None]
    for steps, style, name in ((found, "-", "mapping"), (proven, "--", "proven bound")):
        if steps:
            times, values = zip(*steps, (seconds, steps[-1][1]), strict=True)
            axes.step(times, values, where="post", color="#555", linestyle=style, linewidth=1, label=name)
    finders = list(dict.fromkeys(p.by for p in trace))
    for number, finder in enumerate(finders):
        marks = [(p.seconds, y) for p, y in _improvements(trace, scale) if p.by == finder]
        if marks:
            times, values = zip(*marks, strict=True)
            axes.scatter(times, values, s=18, color=_COLOURS[number % len(_COLOURS)], label=finder, zorder=3)
    axes.set(xlabel="seconds", ylabel=label, xlim=(0, None))
    axes.legend(fontsize="small")


def _improvements(trace: Sequence[TracePoint], scale: float) -> list[tuple[TracePoint, float]]:
    """Each point with the height of what changed at it."""
    marks, value, bound = [], None, None
    for point in trace:
        if point.bound is not None and point.bound != bound:
            marks.append((point, float(point.bound) / scale))
        if point.value is not None and point.value != value:
            marks.append((point, float(point.value) / scale))
        value, bound = point.value, point.bound
    return marks


def picture_front(front: Front, path: str | Path) -> None:
    """Draw the points of a front; full circles are proven.

    Raises
    ------
    InputError
        As :func:`picture_trace`.
    """
    figure = new_figure(path, 6.5, 5)
    axes = figure.subplots()
    (x_scale, x_label), (y_scale, y_label) = (_AXES[axis] for axis in front.axes)
    places = [(float(x) / x_scale, float(y) / y_scale) for x, y in map(front.values, front.points)]
    if places:
        axes.step(*zip(*places, strict=True), where="post", color="#bbb", linewidth=1, zorder=1)
    for proven, name in ((True, "proven"), (False, "best known")):
        chosen = [
            place for place, point in zip(places, front.points, strict=True)
            if (point.status.value == "OPTIMAL") == proven
        ]  # fmt: skip
        if chosen:
            face = _COLOURS[0] if proven else "none"
            xs, ys = zip(*chosen, strict=True)
            axes.scatter(xs, ys, s=30, facecolor=face, edgecolor=_COLOURS[0], label=name, zorder=2)
    axes.set(xlabel=x_label, ylabel=y_label)
    if front.points:
        axes.set_title(f"{front.points[0].network.name} on {front.points[0].platform.name}")
        axes.legend()
    save_picture(figure, path)
