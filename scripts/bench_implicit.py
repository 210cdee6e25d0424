"""Measures what convolutions held as kernels save: a VGG-11-like net of 115 million synapses, implicit and written out.

    python scripts/bench_implicit.py                     # pool neurons, crossbars of 8192 x 4096: nothing is unrolled
    python scripts/bench_implicit.py --limits 1024,4096  # fan-ins are unrolled, which writes the synapses out

Both read the same NIR file, each in a process of its own, and must give the same clustering. Seconds, and gigabytes of
memory at the peak beyond what the process held before. The clustering's second of search and its check are included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from benching.cluster_runs import warm
from benching.memory import peak_beyond
from benching.networks import spikes

from mapper.io.network import read_network
from mapper.lower.semantics import Iteration
from mapper.report.network import network_summary
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.unrolled import cluster_unrolled

Answer = TypeVar("Answer")


def write_vgg(path: Path) -> None:
    """A VGG-11 on 32 x 32 x 3 with random weights."""
    import nir

    rng = np.random.default_rng(1)
    side, channels, nodes = 32, 3, {"input": nir.Input({"input": np.array([3, 32, 32])})}

    def fire(*shape: int) -> nir.IF:
        return nir.IF(r=np.ones(shape, np.float32), v_threshold=np.ones(shape, np.float32))

    for maps, times in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
        for _ in range(times):
            weight = rng.normal(size=(maps, channels, 3, 3)).astype(np.float32)
            nodes[f"conv{len(nodes)}"] = nir.Conv2d((side, side), weight, 1, 1, 1, 1, np.zeros(maps, np.float32))
            nodes[f"if{len(nodes)}"] = fire(maps, side, side)
            channels = maps
        nodes[f"pool{len(nodes)}"] = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
        side //= 2
    nodes["flat"] = nir.Flatten({"input": np.array([channels, side, side])}, 0, -1)
    for wide, outputs in ((512, 512), (512, 512), (512, 10)):
        nodes[f"fc{len(nodes)}"] = nir.Linear(rng.normal(size=(outputs, wide)).astype(np.float32))
        nodes[f"if{len(nodes)}"] = fire(outputs)
    nodes["output"] = nir.Output({"output": np.array([10])})
    nir.write(path, nir.NIRGraph(nodes, list(pairwise(nodes)), type_check=False))


def one_side(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Read, size up and cluster, measured."""
    warm()
    costs: dict[str, tuple[float, float]] = {}

    def measured(name: str, run: Callable[[], Answer]) -> Answer:
        begin = time.perf_counter()
        answer, gigabytes = peak_beyond(run)
        costs[name] = time.perf_counter() - begin, gigabytes
        return answer

    def read() -> Any:
        network = read_network(path, pooling=options.pooling)
        return network if options.side == "implicit" else replace(network)

    network = measured("read", read)
    measured("info", lambda: network_summary(network))
    network = network.with_spikes(spikes(network.size))
    inputs, outputs = options.limits
    limits, params = Limits(inputs, outputs, inputs * outputs), ClusterParams(Iteration.FRAME)
    found = measured("cluster", lambda: cluster_unrolled(network, limits, params=params)).clustering
    return {
        "costs": costs,
        "synapses": network.synapse_count,
        "written out": "targets" in vars(network),
        "clusters": found.count,
        "clustering": sha256(found.assignment.tobytes()).hexdigest(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limits", default="8192,4096", help="rows and columns of the crossbars")
    parser.add_argument("--pooling", default="neurons", choices=("neurons", "compose"))
    parser.add_argument("--side", choices=("implicit", "explicit"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        options.limits = tuple(int(part) for part in options.limits.split(","))
        print(json.dumps(one_side(options.file, options)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vgg.nir"
        write_vgg(file)
        answers = {}
        for side in ("explicit", "implicit"):
            command = [sys.executable, __file__, "--side", side, "--file", str(file)]
            command += ["--limits", options.limits, "--pooling", options.pooling]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            answers[side] = one = json.loads(done.stdout.strip().splitlines()[-1])
            costs = ", ".join(f"{name} {s:.2f} s {gb:.2f} GB" for name, (s, gb) in one["costs"].items())
            print(f"{side}: {one['synapses']} synapses; {costs}; {one['clusters']} clusters", flush=True)
        same = answers["explicit"]["clustering"] == answers["implicit"]["clustering"]
        print(f"same clustering: {same}; implicit one written out: {answers['implicit']['written out']}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
