"""Random stencils and implicit networks, and what their synapses are by definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from mapper.model.blocks import Block, Blocks, Listed
from mapper.model.network import Population, SpikingNetwork
from mapper.model.rows import Rows
from mapper.model.stencil import Stencil, Taps


@st.composite
def axes(draw, size=None, out=None):
    """Taps of a strided, padded, dilated window (any ones if ``out`` is given), as (Taps, kernel)."""
    size = draw(st.integers(1, 5)) if size is None else size
    if out is not None:
        kernel = draw(st.integers(1, 3))
        pairs = sorted(draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, out - 1)), max_size=8)))
        taps = [draw(st.integers(0, kernel - 1)) for _ in pairs]
        met = [(a, k, b) for (a, b), k in zip(pairs, taps, strict=True)]
    else:
        kernel, stride, pad, dilation = (draw(st.integers(low, 3)) for low in (1, 1, 0, 1))
        out = max((size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1, 1)
        met = [(v * stride + k * dilation - pad, k, v) for v in range(out) for k in range(kernel)]
        met = draw(st.permutations([m for m in met if 0 <= m[0] < size]))
    columns = np.array(met, np.int64).reshape(-1, 3).T
    return Taps(size, out, columns[0], columns[1], columns[2]), kernel


def kernels(draw, groups, maps, channels, rows, columns):
    """A weight array; about every third one is zero, or none is."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.integers(1, 9, (groups * maps, channels, rows, columns)).astype(np.float32)
    if draw(st.booleans()):
        weights[rng.random(weights.shape) < 0.3] = 0
    return weights


@st.composite
def stencils(draw):
    """Convolutions of any shape, stride, padding, dilation and groups."""
    (rows, height), (columns, width) = draw(axes()), draw(axes())
    groups, maps, channels = (draw(st.integers(1, 3)) for _ in range(3))
    return Stencil(kernels(draw, groups, maps, channels, height, width), rows, columns, groups)


@st.composite
def layers(draw, before, after):
    """A stencil (or, now and then, lists) from a layer of shape (channels, rows, columns) to another."""
    if draw(st.integers(0, 4)) == 0:
        sources, targets = (int(np.prod(shape)) for shape in (before, after))
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        rows = [np.flatnonzero(rng.random(targets) < 0.4).astype(np.int32) for _ in range(sources)]
        ends = np.cumsum([0, *(row.size for row in rows)])
        weights = rng.integers(1, 9, int(ends[-1])).astype(np.float32)
        return Listed(Rows(ends, np.concatenate(rows), weights), targets)
    divisors = [g for g in (1, 2) if before[0] % g == after[0] % g == 0]
    groups = draw(st.sampled_from(divisors))
    (rows, height), (columns, width) = (draw(axes(before[i], after[i])) for i in (1, 2))
    weights = kernels(draw, groups, after[0] // groups, before[0] // groups, height, width)
    return Stencil(weights, rows, columns, groups)


@st.composite
def implicit_networks(draw, recurrent=True):
    """Two to four layers of convolutions and lists: forward, parallel, with skips, and recurrent ones if wanted."""
    side = st.integers(1, 3)
    shapes = [draw(st.tuples(st.integers(1, 4), side, side)) for _ in range(draw(st.integers(2, 4)))]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    populations = tuple(
        Population(f"p{i}", a, b, shape) for i, (a, b, shape) in enumerate(zip(ends, ends[1:], shapes, strict=False))
    )
    pairs = [(a, b) for a in range(len(shapes)) for b in range(1, len(shapes)) if a < b or recurrent]
    chosen = [(i, i + 1) for i in range(len(shapes) - 1)] + draw(st.lists(st.sampled_from(pairs), max_size=2))
    delayed = draw(st.booleans())
    blocks = [
        Block(ends[a], ends[b], draw(layers(shapes[a], shapes[b])), draw(st.integers(1, 3)) if delayed else 0)
        for a, b in chosen
    ]
    size = ends[-1]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return SpikingNetwork.from_blocks(
        "implicit",
        populations,
        Blocks(size, tuple(blocks), delayed),
        np.arange(size) < ends[1],
        spike_counts=rng.integers(0, 5, size) if draw(st.booleans()) else None,
    )


def synapses_of(one):
    """(source, target, weight) of a stencil or listed block straight from the definition, source by source."""
    if isinstance(one, Listed):
        ends = one.rows.indptr.tolist()
        found = [range(a, b) for a, b in pairwise(ends)]
        return [(s, int(one.rows.targets[e]), float(one.rows.weights[e])) for s, part in enumerate(found) for e in part]
    maps, channels = one.weights.shape[:2]
    found = []
    for o in range(maps):
        for c in range(channels):
            channel = o // (maps // one.groups) * channels + c
            for y, i, v in zip(one.rows.at, one.rows.tap, one.rows.to, strict=True):
                for x, j, u in zip(one.columns.at, one.columns.tap, one.columns.to, strict=True):
                    if one.weights[o, c, i, j] != 0:
                        source = (channel * one.rows.size + y) * one.columns.size + x
                        target = (o * one.rows.out + v) * one.columns.out + u
                        found.append((int(source), int(target), float(one.weights[o, c, i, j])))
    return sorted(found)
