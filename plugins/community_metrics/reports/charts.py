"""Charts as SVG inside the page: no script, no request, nothing to load. What a chart shows stands in a table, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from markupsafe import Markup, escape

_INK, _MUTED, _LINE, _ACCENT, _SOFT, _GOOD, _BAD = "#1e292d", "#59676b", "#e1ddd2", "#14606b", "#dfeaea", "#37703a", "#a63e2b"
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 620, 150, 8, 22, 20
_ROW, _LABEL, _VALUE = 22, 190, 110


def line_chart(title: str, points: Sequence[tuple[date, Fraction | None]], marked: tuple[date, date], highest: str, lowest: str) -> Markup:
    """A line over days; where a value is not known it is broken. The days of `marked` have a ground of their own.

    `highest`, `lowest`: the greatest and the least value in words; the vertical axis begins at 0 unless values are below it.
    """
    known = [value for _, value in points if value is not None]
    top, bottom = max([*known, Fraction(0)]), min([*known, Fraction(0)])
    span = float(top - bottom) or 1.0
    width, height = _WIDTH - 2 * _LEFT, _HEIGHT - _TOP - _BOTTOM
    step = width / max(len(points) - 1, 1)

    def x(index: float) -> str:
        return f"{min(max(_LEFT + step * index, _LEFT), _WIDTH - _LEFT):.1f}"

    def y(value: Fraction) -> str:
        return f"{_TOP + height * (1 - float(value - bottom) / span):.1f}"

    days = [day for day, _ in points]
    shaded = [index for index, day in enumerate(days) if marked[0] <= day <= marked[1]]
    parts = [_text(_LEFT, 13, title, _INK, weight="600"), _text(_WIDTH - _LEFT, 13, f"{lowest} – {highest}", _MUTED, "end")]
    if shaded:
        left, right = float(x(shaded[0] - 0.5)), float(x(shaded[-1] + 0.5))
        parts.append(f'<rect x="{left}" y="{_TOP}" width="{right - left:.1f}" height="{height}" fill="{_SOFT}"/>')
    parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{y(Fraction(0))}" y2="{y(Fraction(0))}" stroke="{_LINE}"/>')
    for run in _runs(points):
        path = " ".join(f"{x(index)},{y(value)}" for index, value in run)
        if len(run) > 1:
            parts.append(f'<polyline points="{path}" fill="none" stroke="{_ACCENT}" stroke-width="1.8" stroke-linejoin="round"/>')
        if len(run) == 1 or run[-1][0] == len(points) - 1:
            horizontal, vertical = path.rsplit(" ", 1)[-1].split(",")
            parts.append(f'<circle cx="{horizontal}" cy="{vertical}" r="3" fill="{_ACCENT}"/>')
    parts.append(_text(_LEFT, _HEIGHT - 5, str(days[0]), _MUTED))
    parts.append(_text(_WIDTH - _LEFT, _HEIGHT - 5, str(days[-1]), _MUTED, "end"))
    return _svg(title, _HEIGHT, parts)


def _runs(points: Sequence[tuple[date, Fraction | None]]) -> list[list[tuple[int, Fraction]]]:
    """The stretches of neighbouring known values, with their positions."""
    runs: list[list[tuple[int, Fraction]]] = []
    is_open = False
    for index, (_, value) in enumerate(points):
        if value is None:
            is_open = False
            continue
        if not is_open:
            runs.append([])
        runs[-1].append((index, value))
        is_open = True
    return runs


def bar_chart(title: str, steps: Sequence[tuple[str, Fraction, str]], is_up_good: bool | None) -> Markup:
    """A bar to the right for each part that raises the number, to the left for each that lowers it: (label, change, change in words).

    `is_up_good`: None where neither direction is better, so that no colour says so.
    """
    greatest = max([abs(float(change)) for _, change, _ in steps] or [0]) or 1.0
    half = (_WIDTH - _LABEL - _VALUE) / 2
    zero = _LABEL + half
    height = _ROW * len(steps) + 6
    parts = []
    for row, (label, change, words) in enumerate(steps):
        middle = 3 + _ROW * row + _ROW / 2
        length = abs(float(change)) / greatest * half
        colour = _ACCENT if is_up_good is None else _GOOD if (change > 0) == is_up_good else _BAD
        left = zero if change > 0 else zero - length
        parts.append(_text(_LABEL - 8, middle + 4, _shortened(label), _INK, "end"))
        parts.append(f'<rect x="{left:.1f}" y="{middle - 6:.1f}" width="{length:.1f}" height="12" fill="{colour}"/>')
        parts.append(_text(_WIDTH - _LEFT, middle + 4, words, _MUTED, "end"))
    parts.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="2" y2="{height - 2}" stroke="{_MUTED}"/>')
    return _svg(title, height, parts)


def _shortened(label: str) -> str:
    """As much of it as fits beside the bars: a Chinese character is as wide as two Latin ones."""
    room, shown = 28, ""
    for character in label:
        room -= 2 if ord(character) > 0x2E7F else 1
        if room < 1:
            return shown + "…"
        shown += character
    return shown


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start", weight: str = "400") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" height="{height:g}"'
        f' xmlns="http://www.w3.org/2000/svg" font-size="12">{"".join(parts)}</svg>'
    )
