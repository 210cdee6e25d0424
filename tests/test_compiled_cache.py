"""Compiled code on the disk goes stale when a kernel it calls changes, also one of another file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mapper

INNER = """from mapper.compiled import kernel

@kernel
def inner(x):
    return x + {added}
"""
OUTER = """from mapper.compiled import kernel
from inner_kernel import inner

@kernel
def outer(x):
    return inner(x) * 10

print(outer.cached, outer.jitted()(1))
"""


def test_a_change_in_a_called_kernel_is_seen(tmp_path):
    (tmp_path / "outer_kernel.py").write_text(OUTER)
    answers = []
    for added in (1, 2):
        (tmp_path / "inner_kernel.py").write_text(INNER.format(added=added))
        moment = 2_000_000_000 + added  # the two versions differ in their times, whatever the clock's grain
        os.utime(tmp_path / "inner_kernel.py", (moment, moment))
        run = subprocess.run(
            [sys.executable, "-c", "import outer_kernel"],
            env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(mapper.__file__).parent.parent}"},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(run.stdout.split())
    assert answers == [["False", "20"], ["False", "30"]]
