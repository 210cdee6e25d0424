"""Reading the part of Graphviz DOT that dataflow graphs need.

One ``digraph`` of node statements, edge statements (chains too) and attribute lists, with ``node`` and ``edge``
defaults and comments. Subgraphs, ports, HTML strings, undirected and ``strict`` graphs are refused by name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path

from mapper.errors import InputError
from mapper.io.dataflow.assemble import Assembly, located, shown
from mapper.io.guard import existing_file
from mapper.model.sdf import SDFGraph

__all__ = ["read_dot"]

WHAT = "a dataflow graph in DOT"
_TOKEN = re.compile(
    r"""[\s\ufeff]*(?:
    (?P<skip>//[^\n]*|/\*.*?\*/|^\#[^\n]*|\Z)
    |(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
    |(?P<sign>->|--|[{}\[\];,=])
    |(?P<word>[^\W\d]\w*|-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)))""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ESCAPED = re.compile(r'\\(["\\])|\\\n')


def read_dot(path: str | Path) -> SDFGraph:
    """Read a graph whose nodes carry ``execution_time``; rates are 1 and tokens 0 where an edge does not say.

    Raises
    ------
    InputError
        No such file, text that is no DOT or uses more than this reader knows, a node without ``execution_time``, and
        numbers that are no integers, too small, or do not fit 64 bits. The message names the line.
    """
    path = existing_file(path, WHAT)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"{WHAT} (UTF-8)", str(error)[:200]) from error
    return _Reader(path, text).graph()


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.line_ends = [found.start() for found in re.finditer("\n", text)]
        #: (kind, text, position) of every token; kind is "string", "word", "sign" or "end".
        self.tokens: list[tuple[str, str, int]] = []
        self.at = 0
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                position += len(text[position:]) - len(text[position:].lstrip())
                raise self._error("DOT", shown(text[position : position + 20]), position)
            kind = found.lastgroup or "skip"
            if kind != "skip":
                self.tokens.append((kind, found[kind], found.start(kind)))
            position = found.end()
        self.tokens.append(("end", "the end of the file", len(text)))
        self.nodes: dict[str, tuple[dict[str, str], int]] = {}
        self.edges: list[tuple[str, str, dict[str, str], int]] = []

    def _place(self, position: int) -> str:
        return f"{self.path}: line {bisect_right(self.line_ends, position) + 1}"

    def _error(self, expected: str, got: str, position: int, fix: str = "") -> InputError:
        return InputError(self._place(position), expected, got, fix)

    def _peek(self, sign: str) -> bool:
        kind, text, _ = self.tokens[self.at]
        return kind == "sign" and text == sign

    def _skip(self, sign: str) -> bool:
        found = self._peek(sign)
        self.at += found
        return found

    def _keyword(self) -> str:
        """The present token in lower case if it is an unquoted word, else empty."""
        kind, text, _ = self.tokens[self.at]
        return text.lower() if kind == "word" else ""

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            _, text, position = self.tokens[self.at]
            raise self._error(repr(sign), shown(text), position)

    def _name(self) -> str:
        kind, text, position = self.tokens[self.at]
        if kind not in ("string", "word"):
            fix = "subgraphs are not supported" if text == "{" else ""
            raise self._error("a name", shown(text), position, fix)
        self.at += 1
        if kind == "word":
            return text
        return _ESCAPED.sub(lambda found: found[1] or "", text[1:-1])

    def graph(self) -> SDFGraph:
        position = self.tokens[0][2]
        if self._keyword() != "digraph":
            raise self._error("'digraph'", shown(self.tokens[0][1]), position, "strict or undirected graphs do not fit")
        self.at += 1
        parts = Assembly(self.path.stem if self._peek("{") else self._name(), str(self.path))
        self._expect("{")
        self._statements()
        if self.tokens[self.at][0] != "end":
            raise self._error("one graph", "more after its end", self.tokens[self.at][2])
        for name, (attributes, position) in self.nodes.items():
            try:
                if "execution_time" not in attributes:
                    raise InputError("", "an attribute 'execution_time'", "none")
                parts.actor(name, attributes["execution_time"])
            except InputError as error:
                raise located(error, f"{self._place(position)}: node {shown(name)}") from error
        for source, target, attributes, position in self.edges:
            rates = attributes.get("production", "1"), attributes.get("consumption", "1")
            try:
                parts.channel(source, target, *rates, attributes.get("initial_tokens", "0"))
            except InputError as error:
                place = f"{self._place(position)}: edge {shown(source)} -> {shown(target)}"
                raise located(error, place) from error
        return parts.graph()

    def _statements(self) -> None:
        defaults: dict[str, dict[str, str]] = {"node": {}, "edge": {}, "graph": {}}
        while not self._skip("}"):
            position = self.tokens[self.at][2]
            keyword = self._keyword()
            if keyword in defaults:
                self.at += 1
                defaults[keyword].update(self._attributes())
            elif keyword == "subgraph":
                raise self._error("nodes and edges", "'subgraph'", position, "subgraphs are not supported")
            else:
                self._node_or_edges(defaults, position)
            self._skip(";")

    def _node_or_edges(self, defaults: dict[str, dict[str, str]], position: int) -> None:
        chain = [self._name()]
        if self._skip("="):  # an attribute of the graph
            self._name()
            return
        while self._skip("->"):
            chain.append(self._name())
        attributes = self._attributes()
        for name in chain:
            if name not in self.nodes:
                self.nodes[name] = dict(defaults["node"]), position
        if len(chain) == 1:
            self.nodes[chain[0]][0].update(attributes)
        for source, target in pairwise(chain):
            self.edges.append((source, target, {**defaults["edge"], **attributes}, position))

    def _attributes(self) -> dict[str, str]:
        """The attribute lists that stand here, if any."""
        found: dict[str, str] = {}
        while self._skip("["):
            while not self._skip("]"):
                key = self._name()
                self._expect("=")
                found[key] = self._name()
                if not self._skip(","):
                    self._skip(";")
        return found
