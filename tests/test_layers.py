"""Data flows one way, and importing the package costs little: both are facts about imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mapper

PACKAGE = Path(mapper.__file__).parent

#: What the modules of each part may import of the package. Top-level modules are parts of their own.
MAY_IMPORT = {
    "model": {"model"},
    "errors": set(),
    "compiled": set(),
    "shipped": set(),
    "stop": {"model"},
    "progress": set(),
    "io": {"io", "model", "errors", "shipped"},
    "lower": {"lower", "model", "errors"},
    "analysis": {"analysis", "model", "errors", "compiled", "stop", "progress"},
    "check": {"check", "model", "errors", "lower.semantics", "analysis.answers"},
    "evaluator": {"model", "lower", "analysis"},
    "simulate": {"simulate", "model", "errors", "compiled", "io.npzfile"},
    "search": {
        "search",
        "model",
        "lower",
        "analysis",
        "evaluator",
        "errors",
        "compiled",
        "stop",
        "progress",
        "check.clusters",
    },
    "explain": {"explain", "model", "lower", "analysis", "evaluator", "search", "errors", "stop"},
    "report": {"report", "model", "errors", "analysis.answers", "analysis.buffers", "explain.answer"},
}
SOLVERS = {"ortools"}


def imports(path):
    """Dotted names a file imports, of the package without its prefix."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path) in MAY_IMPORT]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_flow(path):
    allowed = MAY_IMPORT[part_of(path)]
    for name in imports(path):
        if name.split(".")[0] == "mapper":
            inner = name.removeprefix("mapper").lstrip(".")
            assert any(inner == a or inner.startswith(a + ".") for a in allowed), f"{path} imports {name}"
        elif part_of(path) != "search":
            assert name.split(".")[0] not in SOLVERS, f"{path} knows the solver {name}"


def test_every_part_is_covered():
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")}
    assert parts - set(MAY_IMPORT) == {"__init__", "__main__", "cli", "solve", "mapping_run"}


@pytest.mark.parametrize("statement", ["import mapper", "import mapper; mapper.SpikingNetwork; mapper.MaxRuntime"])
def test_import_is_light(statement):
    code = f"{statement}; import sys; print(*sorted({{'ortools', 'numba', 'h5py', 'scipy', 'nir'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_public_names_exist():
    for name in mapper.__all__:
        assert getattr(mapper, name) is not None
    with pytest.raises(AttributeError):
        mapper.no_such_name  # noqa: B018 - the access is the test
