"""Charts as SVG inside a page, each with its title and description; colours come from the page's style."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 760
_LABELS: Final = 200
_VALUES: Final = 90
_ROW: Final = 26
_BAR: Final = 16
_LONGEST: Final = 28
_HEIGHT: Final = 220
_MARGIN: Final = 44


class Bar(NamedTuple):
    """A row of a bar chart: its parts stand one after the other."""

    label: str
    parts: Sequence[float]
    value: str
    """What is written behind the bar."""


def bars(name: str, title: str, rows: Sequence[Bar], most: float, kinds: Sequence[str] = ("main",)) -> str:
    """Return a chart of horizontal bars.

    Args:
        name: Unique in the page.
        title: What the chart shows, for those who do not see it.
        rows: From top to bottom.
        most: What a bar of full length stands for.
        kinds: The style of each part.
    """
    drawn = "".join(_bar(at, row, most, kinds) for at, row in enumerate(rows))
    return _svg(name, title, len(rows) * _ROW + 4, drawn)


def line(name: str, title: str, values: Sequence[tuple[str, float]]) -> str:
    """Return a chart of values one after the other, the lowest line being zero."""
    most = max((value for _, value in values), default=0) or 1
    step = (_WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    base = _HEIGHT - _MARGIN
    points = [
        (_MARGIN + at * step, base - value / most * (base - 24), label, value)
        for at, (label, value) in enumerate(values)
    ]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    axis = f'<line class="axis" x1="{_MARGIN}" y1="{base}" x2="{_WIDTH - _MARGIN}" y2="{base}"/>'
    drawn = f'{axis}<polyline class="trend" points="{way}"/>' + "".join(_points(points, base))
    return _svg(name, title, _HEIGHT, drawn)


def _points(points: Sequence[tuple[float, float, str, float]], base: float) -> Iterator[str]:
    for x, y, label, value in points:
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        yield f'<text class="small" x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{value:,.0f}</text>'
        yield f'<text class="small" x="{x:.1f}" y="{base + 18}" text-anchor="middle">{escape(label)}</text>'


def _bar(at: int, row: Bar, most: float, kinds: Sequence[str]) -> str:
    top = at * _ROW + 4
    scale = (_WIDTH - _LABELS - _VALUES) / (most or 1)
    x, drawn = float(_LABELS), []
    for part, kind in zip(row.parts, kinds, strict=True):
        width = max(part * scale, 1.5) if part else 0
        if width:
            drawn.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
            )
        x += width
    label = row.label if len(row.label) <= _LONGEST else row.label[: _LONGEST - 1] + "…"
    middle = top + _BAR - 4
    before = f'<text x="{_LABELS - 10}" y="{middle}" text-anchor="end">{escape(label)}</text>'
    behind = f'<text x="{x + 8:.1f}" y="{middle}">{escape(row.value)}</text>'
    return before + "".join(drawn) + behind


def _svg(name: str, title: str, height: int, drawn: str) -> str:
    return (
        f'<svg role="img" aria-labelledby="{name}-title" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}"><title id="{name}-title">{escape(title)}</title>{drawn}</svg>'
    )
