"""Map spiking neural networks onto crossbar hardware, with guaranteed throughput.

>>> import mapper
>>> network = mapper.read_network("mlp_digits")
>>> platform = mapper.read_platform("dynapse")
>>> result = mapper.map_network(network, platform, method="greedy", stop=mapper.MaxRuntime(60), seed=1)
>>> result.status.value in ("OPTIMAL", "FEASIBLE")
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapper.check.result import check_result as check_result
    from mapper.errors import CheckError as CheckError
    from mapper.errors import DeadlockError as DeadlockError
    from mapper.errors import InfeasibleError as InfeasibleError
    from mapper.errors import InputError as InputError
    from mapper.errors import MapperError as MapperError
    from mapper.evaluator import evaluate as evaluate
    from mapper.io.network import read_network as read_network
    from mapper.io.platform import read_platform as read_platform
    from mapper.io.result import read_result as read_result
    from mapper.io.result import write_result as write_result
    from mapper.model.application import Application as Application
    from mapper.model.front import Front as Front
    from mapper.model.goal import Ceilings as Ceilings
    from mapper.model.mapping import Mapping as Mapping
    from mapper.model.network import Population as Population
    from mapper.model.network import SpikingNetwork as SpikingNetwork
    from mapper.model.platform import Platform as Platform
    from mapper.model.result import Result as Result
    from mapper.model.result import Status as Status
    from mapper.model.sdf import SDFGraph as SDFGraph
    from mapper.search.options import MapOptions as MapOptions
    from mapper.solve import map_front as map_front
    from mapper.solve import map_network as map_network
    from mapper.stop import Gap as Gap
    from mapper.stop import MaxRuntime as MaxRuntime

__version__ = "0.1.0"

#: Where each public name lives; it is imported when first used, so that `import mapper` stays light.
_HOMES = {
    "check_result": "mapper.check.result",
    "CheckError": "mapper.errors",
    "DeadlockError": "mapper.errors",
    "InfeasibleError": "mapper.errors",
    "InputError": "mapper.errors",
    "MapperError": "mapper.errors",
    "evaluate": "mapper.evaluator",
    "read_network": "mapper.io.network",
    "read_platform": "mapper.io.platform",
    "read_result": "mapper.io.result",
    "write_result": "mapper.io.result",
    "Ceilings": "mapper.model.goal",
    "Front": "mapper.model.front",
    "Mapping": "mapper.model.mapping",
    "Population": "mapper.model.network",
    "SpikingNetwork": "mapper.model.network",
    "Platform": "mapper.model.platform",
    "Result": "mapper.model.result",
    "Status": "mapper.model.result",
    "Application": "mapper.model.application",
    "SDFGraph": "mapper.model.sdf",
    "MapOptions": "mapper.search.options",
    "map_front": "mapper.solve",
    "map_network": "mapper.solve",
    "Gap": "mapper.stop",
    "MaxRuntime": "mapper.stop",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mapper' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
