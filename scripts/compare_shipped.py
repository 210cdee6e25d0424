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
    greedy, plain, best = (
        mapper.map_network(network, platform, method=method, orders=orders, stop=mapper.MaxRuntime(seconds))
        for method, orders in (("greedy", "plain"), ("auto", "plain"), ("auto", "pipelined"))
    )
    assert greedy.evaluation is not None
    assert plain.evaluation is not None
    assert best.evaluation is not None
    gain = 1 - best.evaluation.period / greedy.evaluation.period
    cells = (
        *(name, chip, len(best.application.clusters), units.time(greedy.evaluation.period)),
        *(f"{units.time(plain.evaluation.period)} ({proof(plain)})", f"{units.time(best.evaluation.period)}"),
        *(units.share(gain), f"{units.time(best.bound.value)} ({proof(best)})"),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def proof(result: mapper.Result) -> str:
    known = "optimal" if result.gap == 0 else f"gap {units.share(result.gap)}"
    return f"{known}, {result.seconds:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    lines = [
        "| network | platform | clusters | greedy | plain orders | pipelined | faster by | proven bound |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
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
