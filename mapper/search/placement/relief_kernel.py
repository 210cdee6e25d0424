"""The loop that relieves the busiest link: exact loads of all links, kept up to date from swap to swap."""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = ["relieve"]


@kernel
def relieve(  # type: ignore[no-untyped-def]
    moves,
    reach,
    columns,
    rows,
    torus,
    per_hop,
    per_load,
    state,
    first,
    owner,
    other,
    weight,
    back,
    tile_of,
    seat_of,
    who,
    fixed,
    seat_tile,
    seat_first,
    kind,
    fits,
    class_of,
    classes,
    loads,
    users,
):
    """Try ``moves`` swaps of a cluster at an end of a transfer over the busiest link with a seat nearby.

    A swap is kept if ``per_hop`` * packet-hops + ``per_load`` * (busiest link's load) falls. ``loads[4 * tile + d]``
    is room for the load of the link that leaves the tile to the right, left, down or up. ``users`` is room for
    the transfers over the busiest link. Directed neighbours: an entry with ``back`` is a transfer from ``other``.
    """
    # A turn of -1 fills the loads with every transfer once; from then on each turn proposes one swap.
    random = state[0]
    peak, heaviest, using = 0, -1, 0
    for link in range(len(loads)):
        loads[link] = 0
    for turn in range(-1, moves):
        a, b, p, q, s = -1, -1, -1, -1, -1
        if turn >= 0:
            if heaviest < 0:
                for link in range(len(loads)):
                    if heaviest < 0 or loads[link] > loads[heaviest]:
                        heaviest = link
                peak = loads[heaviest]
                if peak == 0:
                    return
                using = 0
                at, way = heaviest // 4, heaviest % 4
                link_x, link_y = at % columns, at // columns
                for e in range(len(other)):
                    if back[e]:
                        continue
                    u, v = tile_of[owner[e]], tile_of[other[e]]
                    ux, uy, vx, vy = u % columns, u // columns, v % columns, v // columns
                    if way < 2:
                        if uy != link_y or ux == vx:
                            continue
                        begin, end, size, here = ux, vx, columns, link_x
                    else:
                        if vx != link_x or uy == vy:
                            continue
                        begin, end, size, here = uy, vy, rows, link_y
                    up = end > begin
                    if torus:
                        up = (end - begin) % size <= (begin - end) % size
                    if up != (way % 2 == 0):
                        continue
                    way_to, whole = (here - begin) % size, (end - begin) % size
                    if not up:
                        way_to, whole = (begin - here) % size, (begin - end) % size
                    if way_to < whole:
                        users[using] = e
                        using += 1
            random = random * 48271 % 2147483647
            e = users[random % using]
            random = random * 48271 % 2147483647
            a = owner[e] if random & 64 else other[e]
            if fixed[a] >= 0:
                continue
            p = tile_of[a]
            low, high = max(0, p % columns - reach), min(columns - 1, p % columns + reach)
            random = random * 48271 % 2147483647
            q = low + random % (high - low + 1)
            low, high = max(0, p // columns - reach), min(rows - 1, p // columns + reach)
            random = random * 48271 % 2147483647
            q += columns * (low + random % (high - low + 1))
            places = seat_first[q + 1] - seat_first[q]
            if q == p or places == 0:
                continue
            random = random * 48271 % 2147483647
            s = seat_first[q] + random % places
            b = who[s]
            if not fits[kind[a] * classes + class_of[q]]:
                continue
            if b >= 0 and not fits[kind[b] * classes + class_of[p]]:
                continue
        # Steps: take the transfers of a and b away, swap, put them back; undo the same way if that is no gain.
        hops = 0
        step = 0
        while step < 4:
            sign = -1 if step % 2 == 0 else 1
            if step % 2 == 1:
                tile_of[a] = q if step == 1 else p
                if b >= 0:
                    tile_of[b] = p if step == 1 else q
            for side in range(2):
                v = a if side == 0 else b
                low, high = 0, 0
                if turn < 0:
                    sign = 1
                    high = len(other) if side == 0 else 0
                elif v >= 0:
                    low, high = first[v], first[v + 1]
                for e in range(low, high):
                    if turn < 0 and back[e]:
                        continue
                    if turn >= 0 and side == 1 and other[e] == a:
                        continue
                    u, t = tile_of[owner[e]], tile_of[other[e]]
                    if back[e]:
                        u, t = t, u
                    amount = sign * weight[e]
                    x, y, tx, ty = u % columns, u // columns, t % columns, t // columns
                    for axis in range(2):
                        begin, end, size = (x, tx, columns) if axis == 0 else (y, ty, rows)
                        up = end > begin
                        if torus:
                            up = (end - begin) % size <= (begin - end) % size
                        direction = 2 * axis + (0 if up else 1)
                        stride = 1 if up else -1
                        while begin != end:
                            tile = y * columns + begin if axis == 0 else begin * columns + tx
                            loads[4 * tile + direction] += amount
                            hops += amount
                            begin = (begin + stride) % size
            if turn < 0:
                break
            if step == 1:
                new = peak
                if loads[heaviest] < peak:
                    new = 0
                    for link in range(len(loads)):
                        new = max(new, loads[link])
                    gain = hops * per_hop + (new - peak) * per_load
                else:
                    gain = 0.0
                if gain < -1e-12:
                    r = seat_of[a]
                    seat_of[a], who[s] = s, a
                    who[r] = b
                    if b >= 0:
                        seat_of[b] = r
                    heaviest = -1
                    break
            step += 1
    state[0] = random
