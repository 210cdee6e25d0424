"""Boost's and LEMON's Howard solvers on the same graph, where a compiler and their headers are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["build", "run"]

_SOURCE = Path(__file__).resolve().parent.parent / "peers" / "cycle_ratio_peers.cpp"


def build(folder: Path) -> Path | None:
    """Compile the harness; ``None`` if that is not possible here."""
    if shutil.which("g++") is None:
        return None
    program = folder / "cycle_ratio_peers"
    command = ["g++", "-O3", "-march=native", "-w", "-o", str(program), str(_SOURCE)]
    return program if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def run(program: Path, which: str, columns: list[NDArray[Any]], folder: Path, repeats: int) -> tuple[float, float]:
    """(answer, best seconds) of ``boost`` (maximum ratio) or ``lemon`` (maximum mean); the solver's time alone."""
    file = folder / "graph.txt"
    nodes = int(max(columns[0].max(), columns[1].max())) + 1
    np.savetxt(file, np.column_stack(columns), fmt="%d", header=f"{nodes} {columns[0].size}", comments="")
    answers = []
    for _ in range(repeats):
        made = subprocess.run([str(program), str(file), which], capture_output=True, text=True, check=True)
        answers.append(tuple(map(float, made.stdout.split())))
    return answers[0][0], min(seconds for _, seconds in answers)
