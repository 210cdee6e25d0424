"""XML as a tree of elements that know their line, read without document types and entities.

A document type declaration is the door for entity bombs (a few lines that expand to gigabytes) and for external
entities (a file that makes its reader open others). No dataflow format needs one, so any is refused before the first
entity could be declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from mapper.errors import InputError
from mapper.io.dataflow.assemble import shown
from mapper.io.guard import existing_file

__all__ = ["Element", "read_xml"]

_DEEPEST = 64


@dataclass(slots=True)
class Element:
    """An element: its tag without namespace, its attributes and children; text is dropped."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        """The children with that tag, in order."""
        return (child for child in self.children if child.tag == tag)

    def first(self, *tags: str) -> Element | None:
        """The first child with one of the tags."""
        return next((child for child in self.children if child.tag in tags), None)

    def only(self, *tags: str) -> Element:
        """The one child with one of the tags; ``InputError`` for none or several."""
        found = [child for child in self.children if child.tag in tags]
        if len(found) == 1:
            return found[0]
        expected = f"one element {' or '.join(f'<{tag}>' for tag in tags)}"
        inside = ", ".join(dict.fromkeys(f"<{shown(child.tag)[1:-1]}>" for child in self.children[:8])) or "nothing"
        got = f"{len(found)} of them" if found else inside
        raise InputError(self.place(), expected, got)

    def text(self, key: str) -> str:
        """The attribute ``key``; ``InputError`` where it is missing."""
        value = self.attributes.get(key)
        if value is None:
            raise InputError(self.place(), f"an attribute {key!r}", "none")
        return value

    def place(self) -> str:
        """Where the element stands in the file, for messages: line, tag and name."""
        name = self.attributes.get("name")
        return f"line {self.line}: <{self.tag}>" + (f" {shown(name)}" if name is not None else "")


def read_xml(path: str | Path, what: str) -> Element:
    """The root element of a file; ``what`` names the format in errors.

    Raises
    ------
    InputError
        No such file, malformed XML, a document type declaration or an entity, or nesting deeper than 64 elements.
    """
    path = existing_file(path, what)
    roots: list[Element] = []
    open_elements: list[Element] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        if len(open_elements) >= _DEEPEST:
            raise InputError(f"{path}: line {line}", f"elements nested at most {_DEEPEST} deep", "deeper nesting")
        element = Element(tag.rpartition(":")[2], attributes, line)
        (open_elements[-1].children if open_elements else roots).append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def refuse(*_: object) -> int:
        where = f"{path}: line {parser.CurrentLineNumber}"
        raise InputError(where, f"{what} without DOCTYPE and entities", "a declaration", "delete the declaration")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "an error")
        raise InputError(
            f"{path}: line {error.lineno}, column {error.offset + 1}", "well-formed XML", reason
        ) from error
    except (OSError, LookupError, ValueError) as error:  # unreadable, or an encoding that expat or Python lacks
        raise InputError(str(path), f"{what} in a known encoding (UTF-8)", str(error)[:200]) from error
    return roots[0]
