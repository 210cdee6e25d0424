"""The inner loop of self-timed execution, over flat arrays: plays a graph instant by instant.

First all firings that end at the instant put their tokens down, then everything that can start starts, firings that
take no time end at once, until nothing moves. Firings of one actor that start together are one batch. Firings that
take equally long end in the order they started, so one queue for each distinct execution time replaces a priority
queue. ``mapper.analysis.engines.machine`` owns the arrays and says what they hold.
"""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = [
    "ACTIVE",
    "BATCHES",
    "BLOCKED",
    "FREE",
    "FREE_COUNT",
    "NOW",
    "PAUSED",
    "POOL_FULL",
    "REACHED",
    "STACK",
    "advance",
]

BLOCKED, REACHED, PAUSED, POOL_FULL = 0, 1, 2, 3
# Places in ``clock``: the time, the first free entry, how many are free, batches started, actors on the stack, actors
# that moved at this instant.
NOW, FREE, FREE_COUNT, BATCHES, STACK, ACTIVE = range(6)


@kernel
def advance(  # type: ignore[no-untyped-def]
    references, goals, budget, clock, duration, queue_of, in_first, in_channel, out_first, out_channel, production,
    consumption, target, is_open, tokens, busy, started, starved, begun, head, tail, following, finish, owner, count,
    last, stack, stacked, active, is_active, most_tokens, most_space,
):  # fmt: skip
    """Play until a reference actor has started its goal of firings, nothing can move, or ``budget`` batches started."""
    while True:
        if clock[STACK] > 0 and clock[FREE_COUNT] < len(duration):
            return POOL_FULL
        while clock[STACK] > 0:  # every actor on the stack starts what it can
            clock[STACK] -= 1
            v = stack[clock[STACK]]
            stacked[v] = 0
            batch = -1
            batch_open = -1
            for e in range(in_first[v], in_first[v + 1]):
                c = in_channel[e]
                ready = tokens[c] // consumption[c]
                if is_open[c]:
                    if batch_open < 0 or ready < batch_open:
                        batch_open = ready
                elif batch < 0 or ready < batch:
                    batch = ready
            if batch_open >= 0 and (batch < 0 or batch_open < batch):
                batch = batch_open
                starved[v] = 1
            if batch <= 0:
                continue
            for e in range(in_first[v], in_first[v + 1]):
                c = in_channel[e]
                tokens[c] -= batch * consumption[c]
            started[v] += batch
            begun[v] += batch
            clock[BATCHES] += 1
            if is_active[v] == 0:
                is_active[v] = 1
                active[clock[ACTIVE]] = v
                clock[ACTIVE] += 1
            q = queue_of[v]
            if q < 0:
                for e in range(out_first[v], out_first[v + 1]):
                    c = out_channel[e]
                    tokens[c] += batch * production[c]
                    w = target[c]
                    if stacked[w] == 0:
                        stacked[w] = 1
                        stack[clock[STACK]] = w
                        clock[STACK] += 1
                continue
            busy[v] += batch
            end = clock[NOW] + duration[v]
            entry = last[v]
            if entry >= 0 and owner[entry] == v and finish[entry] == end:
                count[entry] += batch
                continue
            entry = clock[FREE]
            clock[FREE] = following[entry]
            clock[FREE_COUNT] -= 1
            owner[entry] = v
            finish[entry] = end
            count[entry] = batch
            following[entry] = -1
            last[v] = entry
            if head[q] < 0:
                head[q] = entry
            else:
                following[tail[q]] = entry
            tail[q] = entry
        for i in range(clock[ACTIVE]):  # the instant is over: how full were the channels?
            v = active[i]
            for e in range(out_first[v], out_first[v + 1]):
                c = out_channel[e]
                w = target[c]
                waiting = tokens[c] + consumption[c] * begun[w]
                if waiting > most_tokens[c]:
                    most_tokens[c] = waiting
                claimed = tokens[c] + production[c] * busy[v] + consumption[c] * busy[w]
                if claimed > most_space[c]:
                    most_space[c] = claimed
        for i in range(clock[ACTIVE]):
            begun[active[i]] = 0
            is_active[active[i]] = 0
        clock[ACTIVE] = 0
        for r in range(len(references)):
            if started[references[r]] >= goals[r]:
                return REACHED
        if clock[BATCHES] >= budget:
            return PAUSED
        soonest = -1
        for q in range(len(head)):
            if head[q] >= 0 and (soonest < 0 or finish[head[q]] < soonest):
                soonest = finish[head[q]]
        if soonest < 0:
            return BLOCKED
        clock[NOW] = soonest
        for q in range(len(head)):
            while head[q] >= 0 and finish[head[q]] == soonest:
                entry = head[q]
                head[q] = following[entry]
                following[entry] = clock[FREE]
                clock[FREE] = entry
                clock[FREE_COUNT] += 1
                v = owner[entry]
                busy[v] -= count[entry]
                if is_active[v] == 0:
                    is_active[v] = 1
                    active[clock[ACTIVE]] = v
                    clock[ACTIVE] += 1
                for e in range(out_first[v], out_first[v + 1]):
                    c = out_channel[e]
                    tokens[c] += count[entry] * production[c]
                    w = target[c]
                    if stacked[w] == 0:
                        stacked[w] = 1
                        stack[clock[STACK]] = w
                        clock[STACK] += 1
