"""Kernels that call kernels answer the same whether plain or compiled, from memory or from the disk."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np

import mapper
from mapper.compiled import kernel

#: What of numpy makes no array in a kernel; and what else makes one.
SCALARS = {"int32", "int64", "uint64", "float64", "bool_", "exp", "log", "sqrt"}
MAKERS = {"append", "astype", "copy", "dict", "list", "set", "sorted"}


@kernel
def largest(values):
    found = values[0]
    for value in values:
        found = max(found, value)
    return found


@kernel.allocating
def spread(values):
    return largest(values) - -largest(-values)


@kernel
def relative_spread(values, unit):
    return spread(values) // unit


def test_a_kernel_finds_its_helpers():
    values = np.array([3, -4, 9, 5])
    assert spread.python(values) == 13
    assert not spread.loaded
    assert spread.jitted()(values) == 13
    assert spread.loaded
    assert spread.cached


def test_a_helper_stays_callable_from_python():
    assert largest.jitted()(np.array([3, 8, 1])) == 8


def test_a_kernel_that_calls_one_that_makes_arrays_makes_arrays():
    everyone = largest, spread, relative_spread
    assert [k.allocates for k in everyone] == [False, True, True]
    assert [k.jitted().targetoptions["_nrt"] for k in everyone] == [False, True, True]
    values = np.array([3, -4, 9, 5])
    assert relative_spread.jitted()(values, 2) == relative_spread.python(values, 2) == 6


def test_arrays_are_let_go_after_a_kernel_that_does_not_count_who_holds_them():
    values = np.array([3, 8, 1])
    held = sys.getrefcount(values)
    for _ in range(10):
        largest.jitted()(values)
        spread.jitted()(values)
    assert sys.getrefcount(values) == held


def marked_kernels():
    """Every kernel of the package: its place, what it is decorated with, its code."""
    for file in sorted(Path(mapper.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                for mark in map(ast.unparse, node.decorator_list):
                    if mark.startswith("kernel"):
                        yield f"{file.stem}.{node.name}", mark, node.body


def makes_arrays(node):
    if isinstance(node, ast.List | ast.ListComp | ast.Set | ast.SetComp | ast.Dict | ast.DictComp):
        return True
    if not isinstance(node, ast.Call):
        return False
    *owner, name = ast.unparse(node.func).split(".")
    return name not in SCALARS if owner == ["np"] else name in MAKERS


def test_kernels_that_make_arrays_say_so():
    """Without it Numba's compiler stops at them, on the first large case that needs the kernel."""
    made = {
        (place, mark)
        for place, mark, body in marked_kernels()
        if any(makes_arrays(node) for statement in body for node in ast.walk(statement))
    }
    assert made
    assert {mark for _, mark in made} == {"kernel.allocating"}, made
