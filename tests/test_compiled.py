"""Kernels that call kernels answer the same whether plain or compiled, from memory or from the disk."""

from __future__ import annotations

import numpy as np

from mapper.compiled import kernel


@kernel
def largest(values):
    found = values[0]
    for value in values:
        found = max(found, value)
    return found


@kernel
def spread(values):
    return largest(values) - -largest(-values)


def test_a_kernel_finds_its_helpers():
    values = np.array([3, -4, 9, 5])
    assert spread.python(values) == 13
    assert not spread.loaded
    assert spread.jitted()(values) == 13
    assert spread.loaded
    assert spread.cached


def test_a_helper_stays_callable_from_python():
    assert largest.jitted()(np.array([3, 8, 1])) == 8
