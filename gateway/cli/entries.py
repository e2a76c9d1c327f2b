"""Entries of a backpack in plain words, with where each came from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Entry = Mapping[str, Any]


def section_lines(sections: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """Yield each section's entries: what they say, and below it who says so and from which row."""
    for name, entries in sections.items():
        yield ""
        yield f"{words(name).capitalize()} ({len(entries)})"
        for entry in entries:
            yield f"  - {content(entry)}"
            yield f"    {provenance(entry.get('meta', {}))}"


def content(entry: Entry) -> str:
    """Return the fields of an entry, without those that say where it comes from."""
    return "; ".join(_said({name: value for name, value in entry.items() if name != "meta"}))


def provenance(meta: Mapping[str, Any]) -> str:
    """Return in plain words where an entry comes from and how sensitive it is."""
    source = meta.get("source", {})
    parts = [
        f"said by {source.get('assertedBy', {}).get('actor', 'nobody named')}",
        f"from {_row(source)}",
        f"class {meta.get('sensitivity', {}).get('class', '?')}",
    ]
    if quality := meta.get("dq"):
        parts.append("in doubt: " + ", ".join(str(one.get("code")) for one in quality))
    return "; ".join(parts)


def words(name: str) -> str:
    """Return a wire name as words: `learnerProfile` is `learner profile`."""
    return _HUMP.sub(" ", name).lower()


def _row(source: Mapping[str, Any]) -> str:
    file = source.get("file") or source.get("system") or "an unknown source"
    line = f" line {source['row']}" if source.get("row") else ""
    read = f", read {str(source['extractedAt'])[:10]}" if source.get("extractedAt") else ""
    return f"{file}{line}{read}"


def _said(value: Mapping[str, Any]) -> Iterator[str]:
    for name, held in value.items():
        if text := _text(held):
            yield f"{words(name)}: {text}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _coded(value) or " ".join(filter(None, map(_text, value.values())))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(filter(None, map(_text, value)))
    return (
        {None: "", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, str) else value
    )


def _coded(value: Mapping[str, Any]) -> str:
    """Return a code or an organisation by its name."""
    return str(value.get("display") or value.get("name") or value.get("code") or "")
