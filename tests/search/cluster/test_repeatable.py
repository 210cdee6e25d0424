"""One seed, one clustering: whatever Numba has compiled before, and in whichever process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

_TWICE = """
import json
import mapper
from mapper.search.cluster.run import cluster_for_platform
from mapper.search.cluster.params import ClusterParams
network, chip = mapper.read_network("lsm_ecg"), mapper.read_platform("dfsynthesizer-2x2")
homes = [cluster_for_platform(network, chip, params=ClusterParams(seed=3))[0].clustering for _ in range(2)]
print(json.dumps([home.assignment.tolist() for home in homes]))
"""


def test_an_empty_and_a_filled_compiler_cache_give_one_clustering(tmp_path):
    found = []
    for _ in range(2):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", _TWICE], env=environment, capture_output=True, check=True)
        found += json.loads(done.stdout)
        assert any(tmp_path.rglob("*.nbi"))
    assert len({tuple(home) for home in found}) == 1
    assert len(set(found[0])) > 2
