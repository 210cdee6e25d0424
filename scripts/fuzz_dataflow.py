"""Compares the throughput engines on random graphs, exactly, and stops at the first disagreement.

    python scripts/fuzz_dataflow.py                                  # 20,000 graphs, a few minutes
    python scripts/fuzz_dataflow.py --count 200000 --seed 7 --actors 12 --firings 20
    python scripts/fuzz_dataflow.py --engines howard,k-periodic --kinds buffered --time-limit 600

Status, period and every component's period must be the same; a critical cycle must have the ratio its engine claims.
An engine may decline a graph (too large for it), which is counted. On a disagreement the graph is shrunk, printed as
JSON (`mapper throughput` reads it) with every engine's answer, and the exit code is 1. The same seed and options draw
the same graphs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random

from fuzzing.graphs import KINDS, Limits, draw, shrink

from mapper.analysis.answers import GraphStatus, Throughput
from mapper.errors import MapperError
from mapper.io.dataflow.plain import graph_to_dict
from mapper.model.sdf import SDFGraph

Engine = Callable[[SDFGraph], Throughput]
ENGINES = {
    "howard": ("mapper.analysis.engines.howard", "howard"),
    "state-space": ("mapper.analysis.engines.state_space", "state_space"),
    "k-periodic": ("mapper.analysis.engines.k_periodic", "k_periodic"),
    "max-plus": ("mapper.analysis.max_plus.matrix", "max_plus"),
    "auto": ("mapper.analysis.throughput", "throughput"),
}


@dataclass
class Tally:
    """What a run has seen."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    alone: int = 0


def answers(graph: SDFGraph, engines: dict[str, Engine], tally: Tally | None = None) -> dict[str, Throughput | str]:
    """Each engine's answer, or why it declined; anything that is no error of the package is a fault of the engine."""
    found: dict[str, Throughput | str] = {}
    for name, engine in engines.items():
        begin = time.perf_counter()
        try:
            found[name] = engine(graph)
        except MapperError as error:
            found[name] = f"declined: {error}"
        except Exception as error:
            found[name] = f"CRASHED: {type(error).__name__}: {error}"
        if tally is not None:
            tally.seconds[name] += time.perf_counter() - begin
            tally.declined[name] += isinstance(found[name], str)
    return found


def fault(found: dict[str, Throughput | str]) -> str:
    """What is wrong with the answers, or an empty string."""
    first: tuple[str, Throughput] | None = None
    for name, answer in found.items():
        if isinstance(answer, str):
            if answer.startswith("CRASHED"):
                return f"{name} {answer}"
            continue
        wrong = inconsistent_with_itself(answer)
        if wrong:
            return f"{name}: {wrong}"
        if first is None:
            first = name, answer
            continue
        for what in ("status", "period", "component_periods"):
            mine, other = getattr(answer, what), getattr(first[1], what)
            given = what != "component_periods" or (mine and other)
            if given and mine != other:
                return f"{what}: {first[0]} says {shown(other)}, {name} says {shown(mine)}"
    return ""


def inconsistent_with_itself(answer: Throughput) -> str:
    """A period where there can be none, or a critical cycle of another ratio than the period."""
    if (answer.period is None) == (answer.status is GraphStatus.OK):
        return f"status {answer.status} with period {answer.period}"
    periods = [period for period in answer.component_periods if period is not None]
    if answer.period is not None and periods and max(periods) != answer.period:
        return f"period {answer.period}, but the components' are {shown(answer.component_periods)}"
    if answer.critical_cycle and answer.period:
        total = sum(step.time for step in answer.critical_cycle)
        tokens = sum(step.tokens for step in answer.critical_cycle)
        if total != answer.period * tokens or tokens == 0:
            return f"period {answer.period}, but the critical cycle has time {total} and {tokens} tokens"
    return ""


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    return str(value) if isinstance(value, Fraction) or value is None else f"{value}"


def label(answer: Throughput) -> str:
    return "infinite" if answer.infinite else str(answer.status)


def report(graph: SDFGraph, engines: dict[str, Engine], out: Path | None) -> None:
    small = shrink(graph, lambda candidate: bool(fault(answers(candidate, engines))))
    found = answers(small, engines)
    text = json.dumps(graph_to_dict(small))
    print(f"\nDISAGREEMENT: {fault(found)}", text, sep="\n")
    for name, answer in found.items():
        if isinstance(answer, str):
            print(f"  {name}: {answer}")
        else:
            print(f"  {name}: {answer.status}, period {answer.period}, components {shown(answer.component_periods)}")
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
        print(f"written to {out}")


def summary(tally: Tally, seconds: float) -> str:
    lines = [f"{sum(tally.kinds.values())} graphs in {seconds:.1f} s"]
    lines.append("kinds     " + ", ".join(f"{kind} {count}" for kind, count in sorted(tally.kinds.items())))
    lines.append("answers   " + ", ".join(f"{status} {count}" for status, count in sorted(tally.statuses.items())))
    for name, spent in tally.seconds.items():
        lines.append(f"{name:<12}{spent:8.2f} s, declined {tally.declined[name]}")
    if tally.alone:
        lines.append(f"{tally.alone} graphs were answered by fewer than two engines")
    return "\n".join(lines)


def chosen_engines(names: str | None) -> dict[str, Engine]:
    """The engines asked for, or all there are."""
    wanted = names.split(",") if names else list(ENGINES)
    found: dict[str, Engine] = {}
    for name in wanted:
        if name not in ENGINES:
            raise SystemExit(f"unknown engine {name!r}; choose from {', '.join(ENGINES)}")
        module, function = ENGINES[name]
        if find_spec(module) is not None:
            found[name] = getattr(import_module(module), function)
    if len(found) < 2:
        raise SystemExit(f"at least two engines are needed to compare, found: {', '.join(found) or 'none'}")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="graphs to draw (default 20000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--actors", type=int, default=6, help="most actors of a graph (default 6)")
    parser.add_argument("--firings", type=int, default=6, help="most firings of an actor in an iteration (default 6)")
    parser.add_argument("--time", type=int, default=12, help="longest common execution time (default 12)")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"some of {','.join(KINDS)}")
    parser.add_argument("--engines", help=f"some of {','.join(ENGINES)}")
    parser.add_argument("--time-limit", type=float, help="seconds after which to stop")
    parser.add_argument("--out", type=Path, help="file for the graph of a disagreement")
    options = parser.parse_args(arguments)
    kinds = options.kinds.split(",")
    if not set(kinds) <= set(KINDS):
        parser.error(f"kinds are {', '.join(KINDS)}")
    engines, limits = chosen_engines(options.engines), Limits(options.actors, options.firings, options.time)
    print(f"engines: {', '.join(engines)}; seed {options.seed}")
    tally, begin = Tally(), time.monotonic()
    for number in range(options.count):
        if options.time_limit is not None and time.monotonic() - begin > options.time_limit:
            print(f"stopped by the time limit after {number} graphs")
            break
        kind = kinds[number % len(kinds)]
        graph = draw(Random(f"{options.seed}/{number}"), kind, limits)
        found = answers(graph, engines, tally)
        tally.kinds[kind] += 1
        given = [answer for answer in found.values() if isinstance(answer, Throughput)]
        tally.alone += len(given) < 2
        tally.statuses[label(given[0]) if given else "none"] += 1
        if fault(found):
            report(graph, engines, options.out)
            print(summary(tally, time.monotonic() - begin))
            return 1
    print(summary(tally, time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
