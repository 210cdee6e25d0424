"""The checker refuses every lie it is meant to find, each by its rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import applications, platforms
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import bound_edges

import mapper
from mapper.check.bound import check_bound
from mapper.check.bound_arguments import ELEMENTARY
from mapper.check.evaluation import check_figures, check_period
from mapper.check.network import check_application
from mapper.check.result import check_result
from mapper.check.timing_rules import link_loads, timing_rules
from mapper.errors import CheckError
from mapper.model.mapping import Mapping
from mapper.model.result import Bound, Status, TracePoint
from mapper.search.binding import bind_greedily
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.search.ordering import order_by_list_scheduling


@pytest.fixture(scope="module")
def network():
    return mapper.read_network("lsm_ecg")


@pytest.fixture(scope="module")
def result(network):
    platform = mapper.read_platform("dynapse")
    return mapper.map_network(network, platform, method="greedy", cluster_method="maxshare")


def refused(result, rule):
    with pytest.raises(CheckError) as caught:
        check_result(result)
    assert caught.value.rule == rule, str(caught.value)


def with_mapping(result, binding=None, orders=None):
    mapping = result.mapping
    return replace(
        result,
        mapping=Mapping.plain(
            mapping.binding if binding is None else np.array(binding, np.int32),
            mapping.orders if orders is None else orders,
        ),
    )


def test_an_honest_result_passes(result):
    assert "period certificates" in check_result(result)


def test_moved_cluster_without_evaluating_again(result):
    orders = [list(order) for order in result.mapping.orders]
    source = next(t for t, order in enumerate(orders) if order)
    actor = orders[source].pop()
    target = (source + 1) % len(orders)
    orders[target].append(actor)
    binding = result.mapping.binding.tolist()
    binding[actor] = target
    with pytest.raises(CheckError):
        check_result(with_mapping(result, binding, tuple(map(tuple, orders))))


def test_input_away_from_the_port(result):
    binding = result.mapping.binding.copy()
    binding[-1] = 1
    refused(with_mapping(result, binding), "I/O port")


def test_cluster_missing_from_its_order(result):
    orders = tuple(order[1:] if order else order for order in result.mapping.orders)
    refused(with_mapping(result, orders=orders), "static orders")


def test_deadlocked_order(result):
    """The reversed order of some tile waits for itself through a channel without tokens."""
    app, chip, mapping = result.application, result.platform, result.mapping
    everything = tuple(app.clusters)
    channel = int(np.flatnonzero((app.delay_iterations == 0) & ~app.is_input[app.graph.sources])[0])
    a, b = int(app.graph.sources[channel]), int(app.graph.targets[channel])
    backwards = (b, a, *(c for c in everything if c not in (a, b)))
    binding = np.where(app.is_input, chip.io_tile, 0).astype(np.int32)
    orders = (backwards, *[()] * (chip.tiles - 1))
    assert mapping is not None
    refused(with_mapping(result, binding, orders), "liveness")


def test_broken_tile_and_slots_and_size_and_buffers(result):
    used = next(t for t, order in enumerate(result.mapping.orders) if order)
    refused(replace(result, platform=replace(result.platform, broken=(used,))), "broken tile")
    kind = result.platform.tile_classes[0]

    def on(**changes):
        return replace(result, platform=replace(result.platform, tile_classes=(replace(kind, **changes),)))

    refused(on(clusters_per_crossbar=1), "slots")
    refused(on(inputs=100, synapses=16384), "crossbar size")
    refused(on(buffer_packets=1), "buffers")


def changed(result, **figures):
    return replace(result, evaluation=replace(result.evaluation, **figures))


def test_period_that_is_too_good_or_too_bad(result):
    evaluation = result.evaluation
    lower = replace(result, bound=Bound(Fraction(1), "load"), status=Status.FEASIBLE)
    refused(changed(lower, period=evaluation.period - 1), "start times")
    refused(changed(lower, period=evaluation.period + 1), "critical cycle")


def test_start_time_that_is_too_early(result):
    starts = list(result.evaluation.start_times)
    late = max(range(len(starts)), key=starts.__getitem__)
    starts[late] = Fraction(0)
    refused(changed(result, start_times=tuple(starts)), "start times")


def test_critical_cycle_that_is_no_cycle(result):
    cycle = result.evaluation.critical_cycle
    faster = (replace(cycle[0], time_ps=cycle[0].time_ps + 1), *cycle[1:])
    refused(changed(result, critical_cycle=faster), "critical cycle")
    refused(changed(result, critical_cycle=()), "critical cycle")


@pytest.mark.parametrize(
    ("figure", "rule"),
    [
        ("energy_fj", "energy"),
        ("packets", "packets"),
        ("remote_packets", "remote packets"),
        ("tiles_used", "tiles used"),
        ("latency", "latency"),
    ],
)
def test_every_other_figure(result, figure, rule):
    refused(changed(result, **{figure: getattr(result.evaluation, figure) + 1}), rule)


def test_link_loads(result):
    loads = list(result.evaluation.link_loads)
    refused(changed(result, link_loads=(*loads[:-1], loads[-1] + 1)), "link load")


def test_trace_that_goes_backwards(result):
    worse = TracePoint(9.0, result.evaluation.period * 2, result.bound.value, "nobody")
    refused(replace(result, trace=(*result.trace, worse)), "trace")


@pytest.mark.parametrize("name", ["slowest actor", "load", "unlimited resources"])
def test_bound_beyond_its_argument(result, name):
    value = result.evaluation.period - 1
    trace = (TracePoint(0.0, result.evaluation.period, value, name),)
    refused(replace(result, bound=Bound(value, name), trace=trace, status=Status.FEASIBLE), "bound")


@pytest.mark.parametrize(("value", "name"), [(1, "nonsense"), (-5, "cp-sat")])
def test_bound_without_an_argument(result, value, name):
    trace = (TracePoint(0.0, result.evaluation.period, Fraction(value), name),)
    refused(replace(result, bound=Bound(Fraction(value), name), trace=trace, status=Status.FEASIBLE), "bound")


def test_trace_that_ends_elsewhere(result):
    refused(replace(result, trace=()), "trace")
    refused(replace(result, bound=Bound(Fraction(1), "load"), status=Status.FEASIBLE), "trace")


def test_a_solvers_bound_is_named_as_stated(result):
    value = result.evaluation.period
    trace = (TracePoint(0.0, value, value, "cp-sat"),)
    claimed = replace(result, bound=Bound(value, "cp-sat"), trace=trace, status=Status.OPTIMAL)
    assert "stated by the solver" in check_result(claimed)[-1]


def test_infeasibility_is_recounted_where_counting_proves_it(result):
    kind = replace(result.platform.tile_classes[0], clusters_per_crossbar=1)
    crowded = replace(result.platform, tile_classes=(kind,))
    trace = (TracePoint(0.0, None, result.bound.value, result.bound.name),)
    claim = replace(result, mapping=None, evaluation=None, status=Status.INFEASIBLE, trace=trace)
    assert "not proven again" in check_result(claim)[-1]
    assert "recounted" in check_result(replace(claim, platform=crowded))[-1]


def test_origins_that_are_not_the_networks(result):
    refused(replace(result, origin=result.origin * 0), "clustering")
    refused(replace(result, network=replace(result.network, neurons=7)), "clustering")


def test_the_model_itself_refuses_a_status_that_the_bound_contradicts(result):
    with pytest.raises(ValueError, match="OPTIMAL exactly if"):
        replace(result, status=Status.OPTIMAL)
    with pytest.raises(ValueError, match="at most the period"):
        replace(result, bound=Bound(result.evaluation.period + 1, "cp-sat"))


def test_elementary_bounds_are_confirmed():
    for name, chip in (("mlp_digits", "dynapse"), ("lsm_ecg", "dynapse"), ("lenet_digits", "dynapse")):
        result = mapper.map_network(mapper.read_network(name), mapper.read_platform(chip), method="greedy")
        assert result.bound.name in ELEMENTARY
        check_bound(result)


@pytest.mark.parametrize("column", ["packets", "delay_iterations", "synaptic_events", "output_spikes", "demand"])
def test_application_that_the_network_does_not_say(network, result, column):
    app = result.application
    values = getattr(app, column).copy()
    values[(0, 0) if values.ndim == 2 else 0] += 1
    changes = {column: values}
    rates = np.maximum(changes.get("packets", app.packets), 1)
    tokens = rates * changes.get("delay_iterations", app.delay_iterations)
    graph = replace(app.graph, production=rates, consumption=rates, initial_tokens=tokens)
    scheme = result.statistics["unrolling"]
    unrolled = unroll_fan_in(network, Limits.of(result.platform).inputs, scheme=scheme).network
    check_application(unrolled, result.clustering, app, result.platform)
    with pytest.raises(CheckError):
        check_application(unrolled, result.clustering, replace(app, graph=graph, **changes), result.platform)


def test_execution_time_that_the_network_does_not_say(network, result):
    app = result.application
    times = app.graph.execution_times.copy()
    times[0] += 1
    slower = replace(app, graph=replace(app.graph, execution_times=times))
    scheme = result.statistics["unrolling"]
    unrolled = unroll_fan_in(network, Limits.of(result.platform).inputs, scheme=scheme).network
    with pytest.raises(CheckError, match="execution time"):
        check_application(unrolled, result.clustering, slower, result.platform)


@given(applications(), platforms(roomy=True))
@settings(max_examples=150)
def test_the_checkers_rules_are_those_of_the_table(app, platform):
    binding = bind_greedily(app, platform)
    mapping = Mapping.plain(binding, order_by_list_scheduling(app, binding, platform))
    edges, loads = bound_edges(app, dict(enumerate(binding.tolist())), mapping.orders, platform)
    rules = [(r.source, r.target, r.time_ps, r.tokens) for r in timing_rules(app, mapping, platform)]
    assert sorted(rules) == sorted(edges)
    named = dict(zip(platform.topology.links, link_loads(app, mapping, platform), strict=True))
    assert {k: v for k, v in named.items() if v} == {k: v for k, v in loads.items() if v}


@given(applications(max_clusters=4), platforms(roomy=True), st.data())
@settings(max_examples=100)
def test_retimed_mappings_are_evaluated_and_checked(app, platform, data):
    """Random offsets within the buffers: never a different verdict from evaluator and checker."""
    binding = bind_greedily(app, platform)
    offsets = np.array([data.draw(st.integers(0, 1)) for _ in range(app.graph.actor_count)])
    mapping = Mapping(binding, order_by_list_scheduling(app, binding, platform), offsets)
    try:
        evaluation = mapper.evaluate(app, mapping, platform)
    except (mapper.InputError, mapper.DeadlockError):
        assume(False)
    check_period(app, mapping, platform, evaluation)
    check_figures(app, mapping, platform, evaluation)
