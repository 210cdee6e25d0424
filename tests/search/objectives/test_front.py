"""The front between two goals, held to the one that enumeration gives."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from cases import applications, platforms
from enumerated import plain_figures
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.check.front import check_front
from mapper.errors import CheckError, InputError
from mapper.io.front import front_from_dict, front_to_dict
from mapper.model.front import Front
from mapper.model.goal import GOALS, Ceilings
from mapper.model.mapping import OrderSemantics
from mapper.search.objectives import sweep as sweeping
from mapper.search.objectives.steps import Task
from mapper.search.objectives.sweep import sweep
from mapper.stop import MaxRuntime

PAIRS = [("period", "energy"), ("period", "tiles"), ("energy", "tiles"), ("tiles", "period"), ("energy", "period")]


def task(app, chip, seconds=30.0, semantics=OrderSemantics.PLAIN):
    return Task(app, chip, MaxRuntime(seconds), time.perf_counter(), method="cpsat", semantics=semantics, workers=1)


def undominated(figures, axes):
    pairs = {tuple(f[GOALS.index(axis)] for axis in axes) for f in figures}
    return sorted(p for p in pairs if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in pairs))


@settings(max_examples=25)
@given(applications(max_clusters=4), platforms(max_tiles=3, arbitrations=("tdm",)), st.sampled_from(PAIRS))
def test_the_whole_front_over_all_plain_mappings(app, chip, axes):
    points, complete, reason = sweep(task(app, chip), axes)
    assert (complete, reason) == (True, "") or (not points and complete)
    assert [tuple(map(p.value, axes)) for p in points] == undominated(plain_figures(app, chip), axes)


@settings(max_examples=10)
@given(applications(max_clusters=4), platforms(max_tiles=3, roomy=True, arbitrations=("tdm",)))
def test_pipelined_fronts_are_nowhere_behind_plain_ones(app, chip):
    axes = ("period", "energy")
    plain, _, _ = sweep(task(app, chip), axes)
    points, complete, _ = sweep(task(app, chip, semantics=OrderSemantics.PIPELINED), axes)
    assert complete
    reached = [tuple(map(p.value, axes)) for p in points]
    for point in plain:
        values = tuple(map(point.value, axes))
        assert any(a <= values[0] and b <= values[1] for a, b in reached)


@pytest.fixture(scope="module")
def small():
    net, chip = mapper.read_network("lsm_ecg"), mapper.read_platform("dynapse")
    options = mapper.MapOptions(method="greedy", limits=Ceilings(tiles=Fraction(4)))
    return net, chip, options


@pytest.fixture(scope="module")
def front(small):
    found = mapper.map_front(small[0], small[1], "tiles,energy", mapper.MapOptions(method="cpsat", workers=1))
    assert found.complete
    return found


def test_a_front_is_the_same_after_writing_and_reading(front):
    content = front_to_dict(front)
    again = front_from_dict(content)
    assert front_to_dict(again) == content
    assert check_front(again)[0] == f"{len(front.points)} points"


def test_greedy_points_are_a_partial_front(small):
    found = mapper.map_front(small[0], small[1], "period,energy", small[2])
    assert found.points
    assert not found.complete
    assert found.reason
    assert all(point.ceilings.tiles == 4 for point in found.points)


def test_no_time_gives_what_there_is(small):
    found = mapper.map_front(small[0], small[1], "period,energy", mapper.MapOptions(stop=MaxRuntime(0)))
    assert not found.complete
    assert found.reason == "a point is unproven" or found.reason == "out of time" or not found.points


def test_interruption_keeps_the_points_so_far(monkeypatch):
    """Ctrl-C while the second point is searched."""
    from cases import application

    app = application([10**9] * 3, [(0, 1), (1, 2)], [3, 3], [0, 0])
    chip = mapper.read_platform("dynapse")
    calls, original = [], sweeping.pursue

    def interrupt_second(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(sweeping, "pursue", interrupt_second)
    points, complete, reason = sweep(task(app, chip), ("period", "energy"))
    assert len(points) == 2
    assert (complete, reason) == (False, "interrupted")


def test_points_that_beat_each_other_are_no_front(front):
    with pytest.raises(ValueError, match="rising first"):
        Front(front.axes, (front.points[0], front.points[0]), False, "forged")


def test_a_forged_point_fails_the_check(front):
    content = front_to_dict(front)
    entry = content["points"][0] if "goals" in content["points"][0] else content["shared"]
    entry["goals"][1]["bound"] = str(Fraction(entry["goals"][1]["bound"]) - 1)
    with pytest.raises(CheckError):
        check_front(front_from_dict(content))


@pytest.mark.parametrize("axes", ["period", "period,period", "period,speed", "period,energy,tiles"])
def test_axes_are_two_goals(small, axes):
    with pytest.raises(InputError):
        mapper.map_front(small[0], small[1], axes)
