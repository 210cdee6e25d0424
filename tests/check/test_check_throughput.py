"""Certificates of throughput hold for every engine that gives them, and forged ones are refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from dataflow_cases import any_graphs, public_graphs
from hypothesis import given, settings
from sdf_graphs import sdf

from mapper.analysis.answers import GraphStatus
from mapper.analysis.engines.k_periodic import k_periodic_schedule
from mapper.analysis.repetition import repetition_vector
from mapper.analysis.throughput import throughput
from mapper.check import throughput as check
from mapper.check.throughput import check_critical_cycle, check_periodic_starts
from mapper.errors import CheckError


def verify(graph, engine):
    """Two-sided proof: the answer's cycle, and the schedules of all components. True if the graph is live."""
    answer = throughput(graph, engine)
    if answer.status is not GraphStatus.OK:
        return False
    counts = repetition_vector(graph)
    check_critical_cycle(graph, counts, answer)
    schedules = k_periodic_schedule(graph)
    for schedule in schedules:
        check_periodic_starts(graph, counts, schedule.actors, schedule.period, schedule.starts)
    assert max((schedule.period for schedule in schedules), default=0) == answer.period
    return True


@given(any_graphs())
@settings(max_examples=200)
def test_engines_prove_what_they_answer(graph):
    assert verify(graph, "howard") == verify(graph, "k-periodic")


def test_public_graphs_are_proven(data):
    proven = sum(verify(graph, "auto") for graph, _ in public_graphs(data, most_firings=2000))
    assert proven > 100


RING = sdf([2, 3], [(0, 1, 2, 3, 0), (1, 0, 3, 2, 6), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])


@pytest.mark.parametrize("engine", ["howard", "k-periodic"])
@pytest.mark.parametrize("change", ["time", "tokens", "firing", "channel"])
def test_forged_cycles_are_refused(engine, change):
    answer = throughput(RING, engine)
    counts = repetition_vector(RING)
    steps = list(answer.critical_cycle)
    check_critical_cycle(RING, counts, answer)
    steps[0] = replace(steps[0], **{change: getattr(steps[0], change) + (7 if change == "firing" else 1)})
    with pytest.raises(CheckError):
        check_critical_cycle(RING, counts, replace(answer, critical_cycle=tuple(steps)))
    with pytest.raises(CheckError, match="period"):
        check_critical_cycle(RING, counts, replace(answer, period=answer.period - Fraction(1, 7)))


def test_schedules_that_are_too_fast_or_out_of_step_are_refused(monkeypatch):
    (schedule,) = k_periodic_schedule(RING)
    counts = repetition_vector(RING)
    good = (RING, counts, schedule.actors, schedule.period, schedule.starts)
    assert str(schedule.period) in check_periodic_starts(*good)
    with pytest.raises(CheckError, match="starts before"):
        check_periodic_starts(*good[:3], schedule.period - Fraction(1, 100), schedule.starts)
    late = max((start, i, k) for i, phases in enumerate(schedule.starts) for k, start in enumerate(phases))
    moved = [list(phases) for phases in schedule.starts]
    moved[late[1]][late[2]] -= schedule.period
    with pytest.raises(CheckError, match="starts before"):
        check_periodic_starts(*good[:4], moved)
    monkeypatch.setattr(check, "MOST_FIRINGS", 1)
    with pytest.raises(CheckError, match="too many"):
        check_periodic_starts(*good)


def test_a_deadlock_has_no_throughput_to_check():
    dead = sdf([1, 1], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 0)])
    with pytest.raises(CheckError, match="deadlock"):
        check_critical_cycle(dead, (1, 1), throughput(dead))
