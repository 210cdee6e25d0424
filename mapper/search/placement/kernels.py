"""The loop of placement over flat arrays: swaps proposed at random or from a list, with exact differences."""

from __future__ import annotations

import math

from mapper.compiled import kernel

__all__ = ["swap"]


@kernel
def swap(  # type: ignore[no-untyped-def]
    moves,
    listed,
    temperature,
    reach,
    state,
    first,
    other,
    weight,
    back,
    movable,
    tile_of,
    x_of,
    y_of,
    seat_of,
    who,
    seat_tile,
    seat_first,
    column,
    row,
    round_x,
    round_y,
    table,
    kind,
    fits,
    class_of,
    busy,
    load,
    limit,
):
    """Try ``moves`` swaps of two seats' clusters (one may be empty) at one temperature.

    ``listed`` holds pairs of seats to try one after the other; if it is empty, pairs are drawn: every second time
    within ``reach`` columns and rows of a random cluster, else as far around one of its neighbours. The way from tile
    p to q is ``table[p * tiles + q]`` long if there is a table, else the difference of columns and of rows (or, unless
    ``round_x`` is 0, ``round_x`` or ``round_y`` minus it, if that is less). A swap must fit both clusters and leave
    both tiles' loads (sums of ``busy``) at most ``limit``. ``state`` = (random number, as Park and Miller 1988;
    accepted swaps; change of packet-hops; tile classes), the middle two added up.
    """
    tiles = len(column)
    columns, rows = column[tiles - 1] + 1, row[tiles - 1] + 1
    classes = state[3]
    tabled = len(table) > 0
    random = state[0]
    for move in range(moves):
        if len(listed):
            a, s = who[listed[2 * move]], listed[2 * move + 1]
            if a < 0:
                a, s = who[s], listed[2 * move]
                if a < 0:
                    continue
            q = seat_tile[s]
        else:
            random = random * 48271 % 2147483647
            a = movable[random * len(movable) >> 31]
            middle = tile_of[a]
            degree = first[a + 1] - first[a]
            random = random * 48271 % 2147483647
            if random & 64 and degree:
                random = random * 48271 % 2147483647
                middle = tile_of[other[first[a] + (random * degree >> 31)]]
            low, high = max(0, column[middle] - reach), min(columns - 1, column[middle] + reach)
            random = random * 48271 % 2147483647
            q = low + (random * (high - low + 1) >> 31)
            low, high = max(0, row[middle] - reach), min(rows - 1, row[middle] + reach)
            random = random * 48271 % 2147483647
            q += columns * (low + (random * (high - low + 1) >> 31))
            places = seat_first[q + 1] - seat_first[q]
            if places == 0:
                continue
            s = seat_first[q]
            if places > 1:
                random = random * 48271 % 2147483647
                s += random * places >> 31
        p = tile_of[a]
        b = who[s]
        if p == q:
            continue
        if not fits[kind[a] * classes + class_of[q]]:
            continue
        grows = busy[a]
        if b >= 0:
            if not fits[kind[b] * classes + class_of[p]]:
                continue
            grows -= busy[b]
        if load[q] + grows > limit or load[p] - grows > limit:
            continue
        delta, shared = 0, 0
        for side in range(2):
            if side == 0:
                v, mate, here, there = a, b, p, q
            else:
                v, mate, here, there = b, -1, q, p
                if b < 0:
                    continue
            if tabled:
                for k in range(first[v], first[v + 1]):
                    o = other[k]
                    t, to = tile_of[o], tile_of[o]
                    if o == b:
                        to = p
                    elif o == a:
                        continue
                    if back[k]:
                        delta += weight[k] * (table[to * tiles + there] - table[t * tiles + here])
                    else:
                        delta += weight[k] * (table[there * tiles + to] - table[here * tiles + t])
                continue
            hx, hy, tx, ty = column[here], row[here], column[there], row[there]
            if round_x:
                for k in range(first[v], first[v + 1]):
                    o = other[k]
                    x, y = x_of[o], y_of[o]
                    near = min(abs(x - hx), round_x - abs(x - hx)) + min(abs(y - hy), round_y - abs(y - hy))
                    far = min(abs(x - tx), round_x - abs(x - tx)) + min(abs(y - ty), round_y - abs(y - ty))
                    delta += weight[k] * (far - near)
                    if o == mate:
                        shared += weight[k]
            else:
                for k in range(first[v], first[v + 1]):
                    o = other[k]
                    x, y = x_of[o], y_of[o]
                    delta += weight[k] * (abs(x - tx) + abs(y - ty) - abs(x - hx) - abs(y - hy))
                    if o == mate:
                        shared += weight[k]
        if shared:
            # Each end counted its way to the other as gone; a swap leaves it as long as it was.
            dx, dy = abs(column[p] - column[q]), abs(row[p] - row[q])
            if round_x:
                dx, dy = min(dx, round_x - dx), min(dy, round_y - dy)
            delta += 2 * shared * (dx + dy)
        if delta > 0:
            if temperature <= 0.0:
                continue
            random = random * 48271 % 2147483647
            if random >= 2147483647.0 * math.exp(-delta / temperature):
                continue
        elif delta == 0 and len(listed):
            continue
        r = seat_of[a]
        seat_of[a], who[s], tile_of[a] = s, a, q
        x_of[a], y_of[a] = column[q], row[q]
        who[r] = b
        if b >= 0:
            seat_of[b], tile_of[b] = r, p
            x_of[b], y_of[b] = column[p], row[p]
        load[q] += grows
        load[p] -= grows
        state[1] += 1
        state[2] += delta
    state[0] = random
