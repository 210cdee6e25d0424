"""Ctrl-C between two solves must not end the process."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, signal
from ortools.sat.python import cp_model
from mapper.search.interrupts import interrupts_kept
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits that it is ignored
model = cp_model.CpModel()
x = model.new_int_var(0, 9, "x")
model.maximize(x)
with interrupts_kept():
    cp_model.CpSolver().solve(model)
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    print("caught")
"""


def test_ctrl_c_after_a_solve_is_an_exception():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout.strip()) == (0, "caught"), ended.stderr
