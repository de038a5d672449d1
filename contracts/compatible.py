"""Whether what was valid under an old JSON Schema still is under a new one, and where it is not, why.

Fields may be added where nobody has to give them, and types may become wider. Nothing may be taken away, renamed or
made narrower: what was written once is read for ever, and a sender may be one deployment behind.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.model import PERSONAL

Schema = Mapping[str, Any]

_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_SAME = ("pattern", "format")


def narrowed(old: Schema, new: Schema) -> list[str]:
    """A sentence for each thing that the new schema refuses, or has lost, although the old one had it."""
    return list(_Comparison(old, new).nodes(old, new, ""))


def widened(old: Schema, new: Schema) -> list[str]:
    """A sentence for each thing that the new schema may say, or may leave out, and the old one did not.

    It is the question of whoever reads answers: a field more does not disturb him. The schemas keep what they refer
    to under `$defs`.
    """
    return list(_Answers(new, old).nodes(new, old, ""))


class _Comparison:
    """Of a reader and what is written for him: `old` is what may be written, `new` what the reader takes."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old.get("$defs", {})
        self._new = new.get("$defs", {})
        self._under_way: set[tuple[str, str]] = set()

    MISSING = "is new and has no default"
    OPTIONAL = "had a default and has none now"
    STRANGE = "no longer takes"
    TOLERANT = False

    def nodes(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """One place of both schemas. A pair of references that is being compared already is not entered again."""
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            if pair in self._under_way:
                return
            self._under_way.add(pair)
        yield from self._resolved(_at(old, self._old), _at(new, self._new), path)
        self._under_way.discard(pair)

    def _resolved(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if old.get(PERSONAL) and not new.get(PERSONAL):
            yield f"{path} is no longer marked as personal"
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(old, new, path)
            return
        yield from self._values(old, new, path)
        yield from self._objects(old, new, path)
        if "items" in old or "items" in new:
            yield from self.nodes(old.get("items", {}), new.get("items", {}), f"{path}[]")

    def _alternatives(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        for one in old.get("anyOf", (old,)):
            problems = [list(self.nodes(one, other, path)) for other in new.get("anyOf", (new,))]
            if all(problems):
                yield from min(problems, key=len)

    def _objects(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, one in before.items():
            if name in after:
                yield from self.nodes(one, after[name], _below(path, name))
            elif not self.TOLERANT:
                yield f"{_below(path, name)} was removed or renamed"
        for name in new.get("required", ()):
            if name not in before:
                yield f"{_below(path, name)} {self.MISSING}"
            elif name not in old.get("required", ()):
                yield f"{_below(path, name)} {self.OPTIONAL}"
        yield from self._others(old.get("additionalProperties", True), new.get("additionalProperties", True), path)

    def _values(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        kinds = old.get("type"), new.get("type")
        if kinds[1] not in (None, kinds[0]) and kinds != ("integer", "number"):
            yield f"{path} {self._changed(*kinds)}"
            return
        allowed = _enumerated(new)
        if allowed is not None:
            lost = [value for value in _enumerated(old) or ["any other"] if value not in allowed]
            if lost:
                yield f"{path} {self.STRANGE} {', '.join(map(str, lost))}"
        for name in (*_SAME, *_LEAST, *_MOST):
            if name in new and _tighter(name, old.get(name), new[name]):
                yield f"{path}: {name} {self._changed(old.get(name, 'none'), new[name])}"

    def _changed(self, old: object, new: object) -> str:
        return f"was {_told(old)} and is {_told(new)}"

    def _others(self, old: Schema | bool, new: Schema | bool, path: str) -> Iterator[str]:
        if new is False and old is not False:
            yield f"{path or 'it'} takes no other fields any more"
        elif isinstance(new, Mapping) and old is not False:
            yield from self.nodes(old if isinstance(old, Mapping) else {}, new, f"{path}.*")


class _Answers(_Comparison):
    """What is written is the new document here, and its reader has the old one."""

    MISSING = "was removed or renamed"
    OPTIONAL = "was always there and may be missing now"
    STRANGE = "may now be"
    TOLERANT = True

    def _changed(self, old: object, new: object) -> str:
        return f"was {_told(new)} and is {_told(old)}"

    def _others(self, old: Schema | bool, new: Schema | bool, path: str) -> Iterator[str]:
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            yield from self.nodes(old, new, f"{path}.*")


def _at(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = node.get("$ref")
    return {**definitions[str(reference).rpartition("/")[2]], **node} if reference else node


def _tighter(name: str, old: Any, new: Any) -> bool:
    if old is None or name in _SAME:
        return bool(old != new)
    return bool(new > old if name in _LEAST else new < old)


def _told(value: object) -> str:
    return "anything" if value is None else str(value)


def _enumerated(node: Schema) -> list[Any] | None:
    return [node["const"]] if "const" in node else node.get("enum")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
