"""Exchanges keep mappings legal and find what is one exchange away."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from cases import application, applications, platforms
from enumerated import bindings, energy
from hypothesis import assume, given, settings

from mapper.check.mapping import check_capacities, check_orders
from mapper.model.goal import Ceilings
from mapper.model.mapping import Mapping
from mapper.model.platform import Energy, Platform, TileClass
from mapper.model.topology import Mesh
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.objectives.bounds import elementary_bound
from mapper.search.objectives.exchanges import improve_by_exchanges
from mapper.stop import MaxRuntime


def incumbent_of(app, chip, ceilings):
    bound = elementary_bound(app, chip, "energy", ceilings)
    return Incumbent(app, chip, bound, MaxRuntime(20), goal="energy", ceilings=ceilings)


def chain():
    """Three clusters in a row, the first and last of which talk to the middle one."""
    app = application([5, 5, 5], [(0, 1), (1, 2)], [10, 10], [0, 0])
    kind = TileClass("tile", 4, 4, clusters_per_crossbar=1)
    return app, Platform("row", Mesh(3, 1), (kind,), np.zeros(3, np.int32), energy=Energy(hop_fj=1))


def test_clusters_one_exchange_apart_come_together():
    app, chip = chain()
    incumbent = incumbent_of(app, chip, Ceilings())
    incumbent.offer(Mapping.plain(np.array([1, 0, 2], np.int32), ((1,), (0,), (2,))), "start")
    assert incumbent.value == 30
    assert improve_by_exchanges(incumbent) == 1
    assert incumbent.value == 20


def test_nothing_to_gain_keeps_the_mapping():
    app, chip = chain()
    incumbent = incumbent_of(app, chip, Ceilings())
    best = Mapping.plain(np.array([0, 1, 2], np.int32), ((0,), (1,), (2,)))
    incumbent.offer(best, "start")
    assert improve_by_exchanges(incumbent) == 0
    assert incumbent.mapping is best


@settings(max_examples=40)
@given(applications(min_clusters=2, max_clusters=5), platforms(max_tiles=4, arbitrations=("tdm",)))
def test_mappings_stay_legal_and_as_fast(app, chip):
    first = incumbent_of(app, chip, Ceilings())
    search_greedily(first)
    assume(first.mapping is not None)
    incumbent = incumbent_of(app, chip, Ceilings(period=first.period))
    incumbent.offer(first.mapping, "start")
    improve_by_exchanges(incumbent)
    assert incumbent.period <= first.period
    assert min(energy(app, b, chip) for b in bindings(app, chip)) <= incumbent.value <= first.value
    check_capacities(app, incumbent.mapping, chip)
    check_orders(app, incumbent.mapping, chip)
    binding = dict(enumerate(incumbent.mapping.binding.tolist()))
    assert Fraction(energy(app, binding, chip)) == incumbent.value
