"""Greedy against exact on the shipped networks: makes the README's table.

Run: .venv/bin/python scripts/compare_shipped.py [--seconds 60] [--write]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mapper
from mapper.report import units

CASES = (
    ("mlp_digits", "dynapse"),
    ("mlp_mnist", "dynapse"),
    ("mlp_mnist", "dynapse-3x3"),
    ("lsm_ecg", "dfsynthesizer-2x2"),
    ("lsm_ecg", "dynapse"),
    ("lenet_digits", "dynapse-4x4"),
    ("lenet_digits", "loihi"),
)
START = "<!-- comparison: made by scripts/compare_shipped.py -->\n"
END = "<!-- end of comparison -->"


def row(name: str, chip: str, seconds: float) -> str:
    network, platform = mapper.read_network(name), mapper.read_platform(chip)
    greedy, exact = (
        mapper.map_network(network, platform, method=method, stop=mapper.MaxRuntime(seconds))
        for method in ("greedy", "cpsat")
    )
    assert greedy.evaluation is not None
    assert exact.evaluation is not None
    gain = 1 - exact.evaluation.period / greedy.evaluation.period
    proof = "optimal" if exact.gap == 0 else f"gap {units.share(exact.gap)}"
    cells = (
        *(name, chip, len(exact.application.clusters), units.time(greedy.evaluation.period)),
        *(units.time(exact.evaluation.period), units.share(gain)),
        f"{units.time(exact.bound.value)} ({proof}, {exact.seconds:.1f} s)",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    lines = [
        "| network | platform | clusters | greedy | exact | faster by | proven bound |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, chip in CASES:
        lines.append(row(name, chip, options.seconds))
        print(lines[-1], flush=True)
    if options.write:
        readme = Path(__file__).resolve().parent.parent / "README.md"
        before, rest = readme.read_text(encoding="utf-8").split(START)
        after = rest.split(END)[1]
        readme.write_text(f"{before}{START}" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
