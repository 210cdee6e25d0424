"""Which files a SONATA circuit and its simulation consist of."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mapper.errors import InputError

__all__ = ["Circuit", "SpikeInput", "find_circuit"]


@dataclass(frozen=True)
class SpikeInput:
    """A file of external spikes and the node set they belong to."""

    path: Path
    node_set: str | None


@dataclass(frozen=True)
class Circuit:
    """Files and times; a pair is (HDF5 file, its table of types or ``None``). Times are in milliseconds."""

    where: Path
    nodes: tuple[tuple[Path, Path | None], ...]
    edges: tuple[tuple[Path, Path | None], ...]
    inputs: tuple[SpikeInput, ...] = ()
    output: Path | None = None
    start_ms: float = 0.0
    stop_ms: float | None = None
    dt_ms: float | None = None
    node_sets: Mapping[str, Any] = field(default_factory=dict)


def find_circuit(path: str | Path) -> Circuit:
    """The circuit of a folder (its configuration, else the files found by name) or of a configuration file.

    Raises
    ------
    InputError
        No such path, no network in it, JSON or ``$variables`` that cannot be resolved.
    """
    path = Path(path)
    if path.is_file():
        return _configured(path, [path])
    if not path.is_dir():
        raise InputError(str(path), "a SONATA folder or its config.json", "nothing there", "check the path")
    for names in (("config.json",), ("circuit_config.json", "simulation_config.json")):
        found = [path / name for name in names if (path / name).is_file()]
        if found:
            return _configured(path, found)
    return _globbed(path)


def _globbed(path: Path) -> Circuit:
    folder = path / "network" if (path / "network").is_dir() else path

    def pairs(kind: str) -> tuple[tuple[Path, Path | None], ...]:
        files = sorted(folder.glob(f"*{kind}s.h5"))
        tables = [file.with_name(f"{file.name.removesuffix('s.h5')}_types.csv") for file in files]
        return tuple((f, t if t.is_file() else None) for f, t in zip(files, tables, strict=True))

    circuit = Circuit(path, pairs("node"), pairs("edge"))
    if not circuit.nodes:
        fix = "give a folder with config.json or circuit_config.json"
        raise InputError(str(path), "a SONATA circuit", f"no *nodes.h5 in {folder}", fix)
    return circuit


class _Section:
    """A JSON object with the file it came from: typed look-ups that name the key in errors."""

    def __init__(self, file: Path, key: str, content: Any) -> None:
        if not isinstance(content, dict):
            raise InputError(f"{file}: {key}", "a JSON object", f"{type(content).__name__}")
        self.file, self.key, self.content = file, key, content

    def section(self, key: str) -> _Section:
        return _Section(self.file, key, self.content.get(key) or {})

    def sections(self, key: str) -> list[_Section]:
        items = self.content.get(key) or []
        if isinstance(items, dict):
            items = list(items.values())
        if not isinstance(items, list):
            raise InputError(f"{self.file}: {self.key}.{key}", "a list", f"{type(items).__name__}")
        return [_Section(self.file, f"{self.key}.{key}[{i}]", item) for i, item in enumerate(items)]

    def text(self, *keys: str) -> str | None:
        for key in keys:
            value = self.content.get(key)
            if value is not None and not isinstance(value, str):
                raise InputError(f"{self.file}: {self.key}.{key}", "text", f"{value!r}")
            if value:
                return value
        return None

    def path(self, *keys: str) -> Path | None:
        text = self.text(*keys)
        return None if text is None else self.file.parent / text

    def number(self, key: str) -> float | None:
        value = self.content.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise InputError(f"{self.file}: {self.key}.{key}", "a number of milliseconds", f"{value!r}")
        return float(value)


def _configured(where: Path, files: list[Path]) -> Circuit:
    """Merge the files and those they name under ``network``, ``circuit`` and ``simulation``."""
    whole: dict[str, _Section] = {}
    queue, seen = list(files), set()
    while queue:
        file = queue.pop(0)
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        top = _Section(file, "the file", _load(file))
        for key in ("networks", "run", "inputs", "output"):
            if key in top.content and key not in whole:
                whole[key] = top.section(key)
        for key in ("node_sets_file", "network", "circuit", "simulation"):
            if isinstance(top.content.get(key), str):
                linked = file.parent / top.content[key]
                if key == "node_sets_file":
                    whole.setdefault(key, _Section(linked, key, _load(linked) if linked.is_file() else {}))
                else:
                    queue.append(linked)
    return _circuit(where, files[0], whole)


def _circuit(where: Path, file: Path, whole: Mapping[str, _Section]) -> Circuit:
    networks, run, inputs, output, sets = (
        whole.get(key) or _Section(file, key, {}) for key in ("networks", "run", "inputs", "output", "node_sets_file")
    )

    def pairs(kind: str) -> tuple[tuple[Path, Path | None], ...]:
        found = [(s.path(f"{kind}s_file"), s.path(f"{kind}_types_file")) for s in networks.sections(f"{kind}s")]
        return tuple((path, types) for path, types in found if path is not None)

    nodes = pairs("node")
    if not nodes:
        fix = "give the circuit configuration, or the folder"
        raise InputError(str(file), "networks.nodes with at least one nodes_file", "none", fix)
    spikes_file = output.text("spikes_file")
    recorded = None
    if spikes_file:
        recorded = output.file.parent / (output.text("output_dir") or "") / spikes_file
    start = run.number("tstart") or 0.0
    stop = run.number("tstop")
    if stop is not None and stop < start:
        raise InputError(f"{run.file}: run.tstop", f"at least tstart ({start:g})", f"{stop:g}")
    return Circuit(
        where,
        nodes,
        pairs("edge"),
        _spike_inputs(inputs),
        recorded,
        start,
        stop,
        run.number("dt"),
        sets.content,
    )


def _spike_inputs(inputs: _Section) -> tuple[SpikeInput, ...]:
    found = []
    for key in inputs.content:
        entry = inputs.section(key)
        path = entry.path("input_file", "spike_file")
        if entry.text("input_type") != "spikes" or path is None:
            continue
        named = entry.content.get("node_set")
        if isinstance(named, dict):
            named = named.get("population")
        found.append(SpikeInput(path, named if isinstance(named, str) else None))
    return tuple(found)


def _load(file: Path) -> Any:
    """The JSON of a file with the variables of its manifest filled in."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(str(file), "a configuration file", error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(str(file), "JSON", str(error)) from error
    top = _Section(file, "the file", content)
    variables = {"${configdir}": ".", "$configdir": ".", "$workingdir": ".", "${workingdir}": "."}
    for name, value in top.section("manifest").content.items():
        if not isinstance(value, str):
            raise InputError(f"{file}: manifest.{name}", "text", f"{value!r}")
        variables[name if name.startswith("$") else f"${name}"] = value
        variables[f"${{{name.lstrip('$')}}}"] = value
    longest_first = dict(sorted(variables.items(), key=lambda item: -len(item[0])))
    return _filled({k: v for k, v in content.items() if k != "manifest"}, longest_first, file)


def _filled(value: Any, variables: Mapping[str, str], file: Path) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, variables, file) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables, file) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    text = value
    for _ in range(len(variables) + 1):
        # One variable at a time, the longest name first: $OUT must not match inside $OUTPUT_DIR.
        name = next((name for name in variables if name in text), None)
        if name is None:
            break
        text = text.replace(name, variables[name])
    if "$" in text:
        raise InputError(f"{file}: {value!r}", "variables of the manifest", text[:200], "define the variable")
    return text
