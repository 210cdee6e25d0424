"""The loops of the maximum cycle ratio, over flat arrays: arranging the edges, and policy iteration itself."""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = ["OVERFLOW", "arrange", "improve", "in_order"]

#: :func:`improve` left 64 bits.
OVERFLOW = -1


@kernel
def arrange(  # type: ignore[no-untyped-def]
    nodes,
    source,
    target,
    time,
    tokens,
    place,
    order,
    first,
    by_target,
    in_source,
    in_time,
    in_tokens,
    waiting,
    choice,
    parent,
):
    """Number the nodes so that edges without tokens point forward, and sort the edges by their target's place.

    ``order`` lists the nodes by place, ``place`` is its inverse; the node indices in the outputs are places. The edges
    that enter place i are ``first[i]`` to ``first[i + 1]``, edge k stands for input edge ``by_target[k]``. ``choice``
    and ``parent`` get a first policy. Returns how many nodes could be ordered: fewer than ``nodes`` means a cycle
    without tokens, and leaves the rest undone.
    """
    edges = len(source)
    # Edges without tokens by their source, in the arrays that are filled for good further down.
    for v in range(nodes + 1):
        first[v] = 0
    for v in range(nodes):
        waiting[v] = 0
    empty = 0
    for e in range(edges):
        if tokens[e] == 0:
            first[source[e] + 1] += 1
            waiting[target[e]] += 1
            empty += 1
    for v in range(nodes):
        first[v + 1] += first[v]
        place[v] = first[v]
    if empty:
        for e in range(edges):
            if tokens[e] == 0:
                by_target[place[source[e]]] = target[e]
                place[source[e]] += 1
    ordered = 0
    for v in range(nodes):
        if waiting[v] == 0:
            order[ordered] = v
            ordered += 1
    done = 0
    while done < ordered:
        v = order[done]
        for k in range(first[v], first[v + 1]):
            u = by_target[k]
            waiting[u] -= 1
            if waiting[u] == 0:
                order[ordered] = u
                ordered += 1
        done += 1
    if ordered < nodes:
        return ordered
    for i in range(nodes):
        place[order[i]] = i
    for v in range(nodes + 1):
        first[v] = 0
    for e in range(edges):
        first[place[target[e]] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
        waiting[v] = first[v]
    for e in range(edges):
        v = place[target[e]]
        k = waiting[v]
        waiting[v] = k + 1
        by_target[k] = e
        in_source[k] = place[source[e]]
        in_time[k] = time[e]
        in_tokens[k] = tokens[e]
    # A first policy: the edge with the most time per token.
    for i in range(nodes):
        choice[i] = -1
        parent[i] = -1
        best = -1.0
        for k in range(first[i], first[i + 1]):
            rate = in_time[k] / (in_tokens[k] + 0.001)
            if rate > best:
                best = rate
                choice[i] = k
                parent[i] = in_source[k]
    return ordered


@kernel
def improve(  # type: ignore[no-untyped-def]
    nodes,
    visit,
    first,
    source,
    time,
    tokens,
    x,
    choice,
    parent,
    mark,
    stack,
    reduced,
    cycle,
    result,
    limit,
    top,
    bottom,
    enough,
):
    """Raise the ratio ``result[0] / result[1]`` until potentials ``x`` prove that no cycle has a larger one.

    ``visit`` lists the nodes in the order of the sweeps. ``choice`` is the edge each node waits for and ``parent`` its
    source, or -1. ``cycle`` gets the edges of the last cycle that raised the ratio, against the arrows; ``result[2]``
    their number. ``limit`` bounds potentials, ``top`` and ``bottom`` the ratio's terms; Python integers need no bounds
    (0). A ratio above ``enough`` ends it early: then it is some cycle's, not the largest. Returns the number of sweeps,
    or ``OVERFLOW``.
    """
    edges = first[nodes]
    numerator = result[0]
    denominator = result[1]
    for e in range(edges):
        reduced[e] = denominator * time[e] - numerator * tokens[e]
    sweeps = 0
    while True:
        # Walk back along the choices: cycles among them beat the ratio; everything else becomes a list, parents first.
        for v in range(nodes):
            mark[v] = -1
        better = 0.0
        better_time = 0
        better_tokens = 0
        length = 0
        filled = 0  # stack[:filled] are nodes whose parent comes earlier or is none
        free = nodes  # stack[free:] is the present walk
        for root in range(nodes):
            v = root
            while mark[v] < 0:
                mark[v] = root
                free -= 1
                stack[free] = v
                if parent[v] < 0:
                    break
                v = parent[v]
            if mark[v] == root and parent[v] >= 0 and free < nodes:
                # v closes a cycle: measure it, and cut it at v
                total_time = 0
                total_tokens = 0
                u = v
                while True:
                    total_time += time[choice[u]]
                    total_tokens += tokens[choice[u]]
                    u = parent[u]
                    if u == v:
                        break
                if length == 0 or total_time / total_tokens > better:
                    better = total_time / total_tokens
                    better_time = total_time
                    better_tokens = total_tokens
                    length = 0
                    while True:
                        cycle[length] = choice[u]
                        length += 1
                        u = parent[u]
                        if u == v:
                            break
                parent[v] = -1
                # v, now without a parent, comes first: move it to the top of the walk
                spot = free
                while stack[spot] != v:
                    spot += 1
                while spot > free:
                    stack[spot] = stack[spot - 1]
                    spot -= 1
                stack[free] = v
            while free < nodes:
                stack[filled] = stack[free]
                filled += 1
                free += 1
        if length > 0:
            a = better_time
            b = better_tokens
            while b:
                a, b = b, a % b
            before = denominator
            numerator = better_time // a
            denominator = better_tokens // a
            if limit > 0 and (numerator > top or denominator > bottom):
                return -1
            result[0] = numerator
            result[1] = denominator
            result[2] = length
            if better > enough:
                return sweeps
            for e in range(edges):
                reduced[e] = denominator * time[e] - numerator * tokens[e]
            if denominator != before:
                for i in range(nodes):
                    v = stack[i]
                    if parent[v] < 0:
                        x[v] = x[v] // before
                        if limit > 0 and (x[v] > limit // denominator or x[v] < -limit // denominator):
                            return -1
                        x[v] *= denominator
        for i in range(nodes):
            v = stack[i]
            if parent[v] >= 0:
                x[v] = x[parent[v]] + reduced[choice[v]]
                if limit > 0 and (x[v] > limit or x[v] < -limit):
                    return -1
        sweeps += 1
        changed = False
        for i in range(nodes):
            v = visit[i]
            best = x[v]
            chosen = -1
            for e in range(first[v], first[v + 1]):
                candidate = x[source[e]] + reduced[e]
                if candidate > best:
                    best = candidate
                    chosen = e
            if chosen >= 0:
                x[v] = best
                choice[v] = chosen
                parent[v] = source[chosen]
                changed = True
                if limit > 0 and best > limit:
                    return -1
        if not changed:
            return sweeps


@kernel
def in_order(  # type: ignore[no-untyped-def]
    nodes, first, source, time, tokens, choice, parent, visit, waiting, largest
):
    """Order the nodes along the edges without tokens, from edges sorted by target; how many have a place.

    They fill ``visit`` from its end. ``largest`` gets the largest time and the largest number of tokens, ``parent``
    the source of each node's choice.
    """
    most_time = 0
    most_tokens = 0
    for v in range(nodes):
        waiting[v] = 0
        if choice[v] >= 0:
            parent[v] = source[choice[v]]
    for e in range(first[nodes]):
        if tokens[e] == 0:
            waiting[source[e]] += 1
        elif tokens[e] > most_tokens:
            most_tokens = tokens[e]
        if time[e] > most_time:
            most_time = time[e]
    largest[0] = most_time
    largest[1] = most_tokens
    free = nodes
    for v in range(nodes):
        if waiting[v] == 0:
            free -= 1
            visit[free] = v
    done = nodes
    while done > free:
        done -= 1
        v = visit[done]
        for e in range(first[v], first[v + 1]):
            if tokens[e] == 0:
                u = source[e]
                waiting[u] -= 1
                if waiting[u] == 0:
                    free -= 1
                    visit[free] = u
    return nodes - free
