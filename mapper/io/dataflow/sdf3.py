"""Reading and writing the application graphs of SDF3 (Stuijk, Geilen, Basten, ACSD 2006) in its XML.

What is read: actors, ports with their rates, channels with initial tokens, and the execution time of one processor
per actor. Token sizes, memory, buffer constraints and throughput constraints are passed over. Ports without a channel
restrict nothing and are passed over too.

The processor whose time counts: with ``processor=NAME`` that one for every actor that lists it; otherwise the actor's
default. Where several are marked ``default``, the last one counts, as in SDF3 itself. An actor without any processor
takes no time, again as in SDF3. Unlike SDF3, ``default="false"`` is taken at its word, and an actor that lists
processors of which none is a default is refused, where SDF3 would silently count no time.

A ``csdf`` graph (cyclo-static) is read where every rate and time is a single number, which makes it synchronous.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from mapper.errors import InputError
from mapper.io.atomic import atomic_write
from mapper.io.dataflow.assemble import Assembly, channel_rows, located, shown, text_name
from mapper.io.dataflow.sdf3_times import ProcessorTimes, single_number
from mapper.io.dataflow.xmltree import Element, read_xml
from mapper.model.sdf import SDFGraph

__all__ = ["read_sdf3", "write_sdf3"]

WHAT = "an SDF3 file (XML)"
_PROCESSOR = "mapper"


def read_sdf3(path: str | Path, *, processor: str | None = None) -> SDFGraph:
    """Read the ``applicationGraph`` of an SDF3 file.

    Parameters
    ----------
    processor
        The processor type whose execution times count; see the module's text for the rule.

    Raises
    ------
    InputError
        Malformed XML, a DOCTYPE or entity, no or several application graphs, missing or repeated names, unknown
        actors or ports, ports used against their direction or twice, rates below 1, numbers that are no integers or
        do not fit 64 bits, cyclo-static rates, an actor without a default processor, a processor that none lists.
    """
    path = Path(path)
    root = read_xml(path, WHAT)
    try:
        return _graph(root, processor, path.stem)
    except InputError as error:
        raise located(error, str(path)) from error


def _graph(root: Element, processor: str | None, name: str) -> SDFGraph:
    if root.tag != "sdf3":
        raise InputError(root.place(), "the root element <sdf3>", f"<{shown(root.tag)[1:-1]}>")
    application = root.only("applicationGraph")
    body = application.only("sdf", "csdf")
    parts = Assembly(application.attributes.get("name", body.attributes.get("name", name)))
    times = ProcessorTimes(application, processor)
    ports: dict[tuple[str, str], Element] = {}
    for actor in body.all("actor"):
        actor_name = actor.text("name")
        time = times.of(actor_name)
        try:
            parts.actor(actor_name, time)
        except InputError as error:
            raise located(error, actor.place()) from error
        for port in actor.all("port"):
            key = actor_name, port.text("name")
            if key in ports:
                raise InputError(port.place(), "a name of its own for every port", "the name a second time")
            ports[key] = port
    times.require_known(parts)
    _add_channels(body, parts, ports)
    return parts.graph()


def _add_channels(body: Element, parts: Assembly, ports: dict[tuple[str, str], Element]) -> None:
    names: set[str] = set()
    taken: set[tuple[str, str]] = set()
    for channel in body.all("channel"):
        name = channel.attributes.get("name")
        if name in names:
            raise InputError(channel.place(), "a name of its own for every channel", "the name a second time")
        if name is not None:
            names.add(name)
        source, produced = _end(channel, "src", "out", parts, ports, taken)
        target, consumed = _end(channel, "dst", "in", parts, ports, taken)
        try:
            parts.channel(source, target, produced, consumed, channel.attributes.get("initialTokens", "0"))
        except InputError as error:
            raise located(error, channel.place()) from error


def _end(
    channel: Element,
    side: str,
    kind: str,
    parts: Assembly,
    ports: dict[tuple[str, str], Element],
    taken: set[tuple[str, str]],
) -> tuple[str, int]:
    """(actor, rate) at one end of a channel."""
    actor, port_name = key = channel.text(f"{side}Actor"), channel.text(f"{side}Port")
    port = ports.get(key)
    if port is None:
        place = channel.place()
        parts.find(actor, f"{place}: {side}Actor")
        had = [own for owner, own in ports if owner == actor][:8]
        known = f"its ports are {', '.join(map(shown, had))}" if had else "it has no ports"
        raise InputError(f"{place}: {side}Port", f"a port of actor {shown(actor)}", shown(port_name), known)
    if port.text("type").lower() != kind:
        expected = f"type {kind!r} (channel {shown(channel.attributes.get('name'))})"
        raise InputError(port.place(), expected, shown(port.text("type")))
    if key in taken:
        got = f"port {shown(port_name)} of {shown(actor)} a second time"
        raise InputError(channel.place(), "a port of its own", got)
    taken.add(key)
    return actor, single_number(port, "rate", 1)


def write_sdf3(graph: SDFGraph, path: str | Path) -> None:
    """Write ``graph`` as an SDF3 application graph; execution times stand under one processor, ``mapper``.

    Raises
    ------
    InputError
        A folder that cannot be written, or a name with characters that XML has no place for.
    """
    ports: list[list[str]] = [[] for _ in graph.actors]
    channels = []
    names = [_attribute(name, f"{path}: actor") for name in graph.actors]
    title = _attribute(graph.name, f"{path}: graph name")
    for i, (source, target, produced, consumed, tokens) in enumerate(channel_rows(graph)):
        ports[source].append(f'<port name="out{i}" type="out" rate="{produced}"/>')
        ports[target].append(f'<port name="in{i}" type="in" rate="{consumed}"/>')
        initial = f' initialTokens="{tokens}"' if tokens else ""
        ends = f'srcActor={names[source]} srcPort="out{i}" dstActor={names[target]} dstPort="in{i}"'
        channels.append(f'      <channel name="channel{i}" {ends}{initial}/>\n')
    with atomic_write(path, "wb") as stream:
        stream.writelines(line.encode() for line in _document(title, names, ports, channels, graph))


def _document(
    title: str, names: list[str], ports: list[list[str]], channels: list[str], graph: SDFGraph
) -> Iterable[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<sdf3 type="sdf" version="1.0">\n'
    yield f"  <applicationGraph name={title}>\n    <sdf name={title} type={title}>\n"
    for name, own in zip(names, ports, strict=True):
        yield f"      <actor name={name} type={name}>\n"
        yield from (f"        {port}\n" for port in own)
        yield "      </actor>\n"
    yield from channels
    yield "    </sdf>\n    <sdfProperties>\n"
    for name, time in zip(names, graph.execution_times.tolist(), strict=True):
        yield f'      <actorProperties actor={name}>\n        <processor type="{_PROCESSOR}" default="true">\n'
        yield f'          <executionTime time="{time}"/>\n        </processor>\n      </actorProperties>\n'
    yield "    </sdfProperties>\n  </applicationGraph>\n</sdf3>\n"


def _attribute(name: str, where: str) -> str:
    """A name as a quoted XML attribute."""
    text_name(name, where)
    if any((c < " " and c not in "\t\n\r") or c in "\ufffe\uffff" for c in name):
        raise InputError(where, "characters that XML allows", shown(name), "rename it or choose another format")
    return quoteattr(name)
