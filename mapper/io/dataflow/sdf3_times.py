"""Which of an SDF3 actor's execution times counts: SDF3 lists one per processor type."""

from __future__ import annotations

from mapper.errors import InputError
from mapper.io.dataflow.assemble import Assembly, located, shown, whole_number
from mapper.io.dataflow.xmltree import Element

__all__ = ["ProcessorTimes", "single_number"]


def single_number(element: Element, key: str, least: int) -> int:
    """The one number that the attribute ``key`` holds; a list of several is cyclo-static."""
    text = element.text(key)
    try:
        if "," in text:
            fix = "cyclo-static graphs are not supported"
            raise InputError(key, "one number (synchronous dataflow)", f"the phases {shown(text)}", fix)
        return whole_number(text, key, least)
    except InputError as error:
        raise located(error, element.place()) from error


class ProcessorTimes:
    """The execution times that count; see :mod:`mapper.io.dataflow.sdf3` for the rule."""

    def __init__(self, application: Element, processor: str | None) -> None:
        self.processor = processor
        self.entries: dict[str, Element] = {}
        self.listed: dict[str, None] = {}
        properties = application.first("sdfProperties", "csdfProperties")
        for entry in properties.all("actorProperties") if properties else ():
            actor = entry.text("actor")
            if actor in self.entries:
                raise InputError(entry.place(), "one entry an actor", f"a second one for {shown(actor)}")
            self.entries[actor] = entry
            self.listed.update((kind.text("type"), None) for kind in entry.all("processor"))
        if processor is not None and processor not in self.listed:
            fix = f"choose one of {', '.join(map(shown, self.listed))}" if self.listed else "the file lists none"
            raise InputError("processor", "a processor that some actor lists", shown(processor), fix)

    def of(self, actor: str) -> int:
        """The actor's execution time."""
        entry = self.entries.get(actor)
        kinds = list(entry.all("processor")) if entry else []
        if entry is None or not kinds:
            return 0
        where = f"{entry.place()} of {shown(actor)}"
        types = [kind.text("type") for kind in kinds]
        if len(set(types)) < len(types):
            raise InputError(where, "each processor type once", "a repeated type")
        defaults = [kind for kind in kinds if kind.attributes.get("default", "false").lower() not in ("false", "0")]
        chosen = kinds[types.index(self.processor)] if self.processor in types else defaults[-1] if defaults else None
        if chosen is None:
            fix = f"add default='true' or choose one of {', '.join(map(shown, types[:8]))}"
            raise InputError(where, "a default processor", "none", fix)
        time = chosen.first("executionTime")
        if time is None:
            raise InputError(chosen.place(), f"an <executionTime> for actor {shown(actor)}", "none")
        return single_number(time, "time", 0)

    def require_known(self, parts: Assembly) -> None:
        """Refuse properties of actors that the graph lacks."""
        for actor, entry in self.entries.items():
            parts.find(actor, f"{entry.place()}: actor")
