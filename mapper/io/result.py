"""Results as versioned JSON: equal results give equal bytes, and a file read and written again is the same file."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mapper.errors import CheckError, InputError
from mapper.io.goals import ceilings_from_dict, ceilings_to_dict, goal_from_dict, goal_to_dict
from mapper.io.json_file import read_json, write_json
from mapper.io.platform import platform_from_dict, platform_to_dict
from mapper.model.application import Application
from mapper.model.bound_graph import EdgeKind
from mapper.model.clustering import Clustering
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.result import Bound, CriticalEdge, Evaluation, NetworkSummary, Result, Status, TracePoint
from mapper.model.sdf import SDFGraph

__all__ = ["read_result", "result_from_dict", "result_to_dict", "write_result"]

FORMAT, VERSION = "mapper-result", 1


def write_result(result: Result, path: str | Path) -> None:
    """Write a result; an existing file is replaced only once the new one is complete.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    write_json(result_to_dict(result), path)


def read_result(path: str | Path) -> Result:
    """Read a result.

    Raises
    ------
    InputError
        Not a readable file, not JSON, not this format and version, or contents that do not fit each other.
    """
    return result_from_dict(read_json(path), str(path))


def _edge(edge: CriticalEdge) -> dict[str, Any]:
    return {**asdict(edge), "kind": edge.kind.name.lower()}


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def result_to_dict(result: Result) -> dict[str, Any]:
    """The file's content; fractions are strings like ``"7/2"``, times picoseconds, energies femtojoules."""
    app, mapping, evaluation = result.application, result.mapping, result.evaluation
    graph = app.graph
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "network": asdict(result.network),
        "platform": platform_to_dict(result.platform),
        "method": result.method,
        "orders": result.orders.value,
        "status": result.status.value,
        "bound": {"period_ps": _fraction(result.bound.value), "name": result.bound.name, "proof": result.bound.proof},
        "seconds": result.seconds,
        "statistics": result.statistics,
        "trace": [
            {"seconds": p.seconds, "period_ps": _fraction(p.value), "bound_ps": _fraction(p.bound), "by": p.by}
            for p in result.trace
        ],
        "mapping": mapping
        and {
            "binding": mapping.binding.tolist(),
            "orders": [list(order) for order in mapping.orders],
            "retiming": mapping.retiming.tolist(),
        },
        "evaluation": evaluation
        and {
            "period_ps": _fraction(evaluation.period),
            "latency_ps": _fraction(evaluation.latency),
            "energy_fj": evaluation.energy_fj,
            "packets": evaluation.packets,
            "remote_packets": evaluation.remote_packets,
            "tiles_used": evaluation.tiles_used,
            "critical_link": evaluation.critical_link,
            "critical_cycle": [_edge(edge) for edge in evaluation.critical_cycle],
            "start_times_ps": [_fraction(start) for start in evaluation.start_times],
            "link_loads_ps": list(evaluation.link_loads),
        },
        "application": {
            "name": graph.name,
            "iteration": app.iteration,
            "actors": list(graph.actors),
            "execution_times_ps": graph.execution_times.tolist(),
            "is_input": app.is_input.tolist(),
            "demand": app.demand.tolist(),
            "synaptic_events": app.synaptic_events.tolist(),
            "output_spikes": app.output_spikes.tolist(),
            "channels": [
                list(row)
                for row in zip(
                    graph.sources.tolist(),
                    graph.targets.tolist(),
                    app.packets.tolist(),
                    app.delay_iterations.tolist(),
                    strict=True,
                )
            ],
        },
        "clustering": {
            "method": result.clustering.method,
            "count": result.clustering.count,
            "assignment": result.clustering.assignment.tolist(),
            "origin": result.origin.tolist(),
        },
    }
    if result.buffers is not BufferChoice.FIXED:
        content["buffers"] = result.buffers.value
    if mapping is not None and mapping.buffers is not None:
        content["mapping"]["buffers"] = mapping.buffers.tolist()
    if result.goals:
        content["limits"] = ceilings_to_dict(result.ceilings)
        content["goals"] = [goal_to_dict(goal) for goal in result.goals]
    return content


def result_from_dict(content: Any, where: str = "result") -> Result:
    """Rebuild a result; nothing is re-evaluated (that is what ``check`` is for).

    Raises
    ------
    InputError
        Something is missing or of the wrong kind.
    CheckError
        Everything is there, but a mapping or a status contradicts the rest.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(where, f"a file of format {FORMAT!r}", "another", "write it with `mapper map ... -o FILE`")
    if content.get("version") != VERSION:
        got = repr(content.get("version"))
        raise InputError(where, f"version {VERSION}", got, "read it with the release that wrote it")
    try:
        platform = platform_from_dict(content["platform"], f"{where}: platform")
        seconds, method, statistics = content["seconds"], content["method"], content["statistics"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise TypeError(f"seconds is {seconds!r}")
        if not isinstance(method, str) or not isinstance(statistics, dict):
            raise TypeError(f"method is {method!r}, statistics are a {type(statistics).__name__}")
        parts: dict[str, Any] = {
            "network": _network(content["network"]),
            "platform": platform,
            "application": _application(content["application"]),
            "clustering": Clustering(
                np.array(content["clustering"]["assignment"], np.int64),
                content["clustering"]["count"],
                content["clustering"]["method"],
            ),
            "origin": np.array(content["clustering"]["origin"], np.int64),
            "method": method,
            "orders": OrderSemantics(
                content.get("orders", "plain")
            ),  # files of the first release had plain orders only
            "buffers": BufferChoice(content.get("buffers", "fixed")),
            "status": Status(content["status"]),
            "evaluation": _evaluation(content["evaluation"]),
            "bound": Bound(
                Fraction(content["bound"]["period_ps"]), content["bound"]["name"], content["bound"]["proof"]
            ),
            "seconds": seconds,
            "statistics": statistics,
            "trace": tuple(
                TracePoint(p["seconds"], _optional(p["period_ps"]), _optional(p["bound_ps"]), p["by"])
                for p in content["trace"]
            ),
            "goals": tuple(goal_from_dict(entry) for entry in content.get("goals", [])),
            "ceilings": ceilings_from_dict(content.get("limits", {})),
        }
        mapping = _mapping(content["mapping"])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError, AttributeError) as error:
        got = f"missing key {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(where, "a complete result", got, "map the network again") from error
    try:
        return Result(mapping=None if mapping is None else Mapping(*mapping), **parts)
    except ValueError as error:  # complete, but its parts contradict each other
        raise CheckError("consistency", f"{where}: {error}") from error


def _optional(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _application(entry: dict[str, Any]) -> Application:
    table = np.array(entry["channels"], np.int64).reshape(-1, 4)
    rates = np.maximum(table[:, 2], 1)
    graph = SDFGraph(
        name=entry["name"],
        actors=tuple(entry["actors"]),
        execution_times=np.array(entry["execution_times_ps"], np.int64),
        sources=table[:, 0].astype(np.int32),
        targets=table[:, 1].astype(np.int32),
        production=rates,
        consumption=rates,
        initial_tokens=rates * table[:, 3],
    )
    return Application(
        graph=graph,
        is_input=np.array(entry["is_input"], np.bool_),
        demand=np.array(entry["demand"], np.int64).reshape(-1, 3),
        packets=table[:, 2],
        delay_iterations=table[:, 3],
        synaptic_events=np.array(entry["synaptic_events"], np.int64),
        output_spikes=np.array(entry["output_spikes"], np.int64),
        iteration=entry["iteration"],
    )


def _mapping(entry: dict[str, Any] | None) -> tuple[Any, ...] | None:
    """The parts of a mapping, converted but not yet held against each other."""
    if entry is None:
        return None
    orders = tuple(tuple(_integer(actor) for actor in order) for order in entry["orders"])
    buffers = entry.get("buffers")
    return (
        np.array(entry["binding"], np.int64),
        orders,
        np.array(entry["retiming"], np.int64),
        None if buffers is None else np.array([_integer(held) for held in buffers], np.int64),
    )


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an integer is needed, not {value!r}")
    return value


def _network(entry: dict[str, Any]) -> NetworkSummary:
    for key in ("inputs", "neurons", "synapses", "steps", "windows"):
        _integer(entry[key])
    return NetworkSummary(**entry)


def _evaluation(entry: dict[str, Any] | None) -> Evaluation | None:
    if entry is None:
        return None
    return Evaluation(
        period=Fraction(entry["period_ps"]),
        critical_cycle=tuple(
            CriticalEdge(**{**edge, "kind": EdgeKind[edge["kind"].upper()]}) for edge in entry["critical_cycle"]
        ),
        critical_link=_integer(entry["critical_link"]),
        start_times=tuple(Fraction(start) for start in entry["start_times_ps"]),
        latency=Fraction(entry["latency_ps"]),
        energy_fj=_integer(entry["energy_fj"]),
        packets=_integer(entry["packets"]),
        remote_packets=_integer(entry["remote_packets"]),
        tiles_used=_integer(entry["tiles_used"]),
        link_loads=tuple(_integer(load) for load in entry["link_loads_ps"]),
    )
