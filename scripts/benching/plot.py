"""A log-log line chart as SVG, without a plotting library."""

from __future__ import annotations

from math import ceil, floor, log10

__all__ = ["log_log"]

_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e")
_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 30, 480, 320


def log_log(title: str, across: str, up: str, lines: dict[str, list[tuple[float, float]]]) -> str:
    """The SVG text; ``lines`` maps a label to its points, all coordinates positive."""
    points = [point for line in lines.values() for point in line]
    low = [floor(log10(min(point[k] for point in points))) for k in (0, 1)]
    high = [max(low[k] + 1, ceil(log10(max(point[k] for point in points)))) for k in (0, 1)]

    def x(value: float) -> float:
        return _LEFT + _WIDTH * (log10(value) - low[0]) / (high[0] - low[0])

    def y(value: float) -> float:
        return _TOP + _HEIGHT * (high[1] - log10(value)) / (high[1] - low[1])

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 30}" height="{_TOP + _HEIGHT + 60}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">{title}</text>',
        f'<text x="{_LEFT + _WIDTH / 2}" y="{_TOP + _HEIGHT + 40}" text-anchor="middle">{across}</text>',
        f'<text x="16" y="{_TOP + _HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {_TOP + _HEIGHT / 2})">{up}</text>',
    ]
    for power in range(low[0], high[0] + 1):
        at = x(10.0**power)
        parts.append(f'<path d="M{at:.1f} {_TOP}V{_TOP + _HEIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">1e{power}</text>')
    for power in range(low[1], high[1] + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_LEFT + _WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">1e{power}</text>')
    for k, (label, line) in enumerate(lines.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in line]
        parts.append(f'<text x="{_LEFT + 10}" y="{_TOP + 18 + 16 * k}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])
