"""Choose clusters that are worth building anew together, and bring them side by side in the clusters' order."""

from __future__ import annotations

import numpy as np

from mapper.compiled import kernel
from mapper.search.dice import draw

__all__ = ["choose", "insert_after", "longest_run", "pull_together"]


@kernel
def lightest(part, dice):  # type: ignore[no-untyped-def]
    """The lightest of a few clusters drawn, or -1."""
    best = -1
    for _ in range(4):
        c = draw(dice, len(part.load))
        if part.load[c, 1] > 0 and (best < 0 or part.weight[c] < part.weight[best]):
            best = c
    return best


@kernel
def choose(flat, part, neurons, wanted, dice, ids):  # type: ignore[no-untyped-def]
    """Fill ``ids`` with up to ``wanted`` related clusters, found by a walk over shared sources; returns how many."""
    v = neurons[draw(dice, len(neurons))]
    start = lightest(part, dice)
    if start >= 0 and draw(dice, 3) == 0:
        v = part.head[start]
    ids[0] = part.home[v]
    count = 1
    mixed = draw(dice, 3) == 0
    for _ in range(12 * wanted):
        if count == wanted:
            break
        c = -1
        t = v
        width = flat.in_ptr[v + 1] - flat.in_ptr[v]
        reach = flat.out_ptr[v + 1] - flat.out_ptr[v]
        way = draw(dice, 6) if mixed else 3
        if way == 0 or width == 0:
            if reach > 0:
                t = flat.out_target[flat.out_ptr[v] + draw(dice, reach)]
            else:
                c = lightest(part, dice)
        elif way == 1:
            c = lightest(part, dice)
        else:
            s = flat.in_source[flat.in_ptr[v] + draw(dice, width)]
            if way == 2 and part.home[s] >= 0:
                t = s
            else:
                t = flat.out_target[flat.out_ptr[s] + draw(dice, flat.out_ptr[s + 1] - flat.out_ptr[s])]
        if c < 0:
            c = part.home[t]
            if draw(dice, 2) == 0:
                v = t
        new = c >= 0
        for i in range(count):
            if ids[i] == c:
                new = False
        if new:
            ids[count] = c
            count += 1
    return count


@kernel.allocating
def pull_together(part, ids, count):  # type: ignore[no-untyped-def]
    """Reorder the clusters so that nothing stands between the chosen ones that need not; sort ``ids`` by place."""
    first, last = part.place[ids[0]], part.place[ids[0]]
    for i in range(count):
        first = min(first, part.place[ids[i]])
        last = max(last, part.place[ids[i]])
    if len(part.leads) > 0 and last - first >= count:
        span = last - first + 1
        window = part.order[first : last + 1].copy()
        # Bit 1: chosen. Bit 2: a chosen one leads here. Bit 4: this leads to a chosen one.
        kind = np.zeros(span, np.int64)
        for i in range(count):
            kind[part.place[ids[i]] - first] = 7
        for i in range(span):
            if kind[i] & 2:
                for j in range(i + 1, span):
                    if part.leads[window[i], window[j]]:
                        kind[j] |= 2
        for i in range(span):
            j = span - 1 - i
            if kind[j] & 4:
                for h in range(j):
                    if part.leads[window[h], window[j]]:
                        kind[h] |= 4
        at = first
        for part_of_window in range(3):
            for i in range(span):
                if kind[i] & 2 == 0:
                    where = 0
                elif kind[i] & 4:
                    where = 1
                else:
                    where = 2
                if where == part_of_window:
                    part.order[at] = window[i]
                    part.place[window[i]] = at
                    at += 1
    for i in range(1, count):
        c = ids[i]
        j = i
        while j > 0 and part.place[ids[j - 1]] > part.place[c]:
            ids[j] = ids[j - 1]
            j -= 1
        ids[j] = c


@kernel
def longest_run(part, ids, count):  # type: ignore[no-untyped-def]
    """Keep of the chosen clusters, sorted by place, the most that stand side by side; returns how many."""
    best_start, best = 0, 1
    start = 0
    for i in range(1, count + 1):
        if i == count or part.place[ids[i]] != part.place[ids[i - 1]] + 1:
            if i - start > best:
                best_start, best = start, i - start
            start = i
    for i in range(best):
        ids[i] = ids[best_start + i]
    return best


@kernel
def insert_after(part, extra, c):  # type: ignore[no-untyped-def]
    """Give cluster ``extra`` the place right after c."""
    i = part.place[extra]
    target = part.place[c] + 1 if part.place[c] < i else part.place[c]
    while i > target:
        part.order[i] = part.order[i - 1]
        part.place[part.order[i]] = i
        i -= 1
    while i < target:
        part.order[i] = part.order[i + 1]
        part.place[part.order[i]] = i
        i += 1
    part.order[target] = extra
    part.place[extra] = target
