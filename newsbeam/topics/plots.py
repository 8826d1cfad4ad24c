"""Two small plots as SVG, without a plotting library: reliability, and precision against recall."""

from collections.abc import Mapping, Sequence

from newsbeam.topics.metrics import Bin

SIZE, LEFT, TOP = 320, 56, 34
"""Side of the square that the data is drawn in; margins; pixels."""
COLOURS = ("#1b6ca8", "#c8553d", "#4b8b3b", "#8e5ea2", "#a67c00", "#5a6270")
"""Distinguishable for colour-blind readers too, on white."""


def reliability_svg(series: Mapping[str, Sequence[Bin]]) -> str:
    """Draw stated probability against observed share; the diagonal is perfect calibration."""
    body = [_line([(0.0, 0.0), (1.0, 1.0)], "#999999", dashed=True)]
    for colour, bins in zip(_colours(len(series)), series.values(), strict=True):
        body.append(_line([(b.stated, b.observed) for b in bins], colour))
        body += [_dot(b.stated, b.observed, 2.5 + min(6.0, b.rows**0.5 / 4), colour) for b in bins]
    return _frame("Reliability", "stated probability", "share that is right", list(series), body)


def curve_svg(
    series: Mapping[str, Sequence[tuple[float, float, float]]],
    thresholds: Mapping[str, tuple[float, float]],
) -> str:
    """Draw precision against recall.

    Args:
        series: name -> (threshold, precision, recall).
        thresholds: name -> (precision, recall) at the threshold in force: the dot; may be missing.
    """
    body = []
    for colour, (name, points) in zip(_colours(len(series)), series.items(), strict=True):
        body.append(_line([(recall, precision) for _, precision, recall in points], colour))
        if name in thresholds:
            precision, recall = thresholds[name]
            body.append(_dot(recall, precision, 5, colour))
    return _frame("Precision and recall", "recall", "precision", list(series), body)


def _colours(n: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(n)]


def _x(value: float) -> float:
    return round(LEFT + SIZE * value, 1)


def _y(value: float) -> float:
    return round(TOP + SIZE * (1 - value), 1)


def _line(points: Sequence[tuple[float, float]], colour: str, dashed: bool = False) -> str:
    path = " ".join(f"{_x(a)},{_y(b)}" for a, b in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dot(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{_x(x)}" cy="{_y(y)}" r="{radius:.1f}" fill="{colour}"/>'


def _frame(title: str, x_name: str, y_name: str, names: list[str], body: list[str]) -> str:
    width, height = LEFT + SIZE + 190, TOP + SIZE + 52
    ticks = []
    for i in range(0, 11, 2):
        v = i / 10
        ticks.append(
            f'<path d="M{_x(v)},{_y(0)}V{_y(1)}M{_x(0)},{_y(v)}H{_x(1)}" stroke="#e5e5e5"/>'
            f'<text x="{_x(v)}" y="{_y(0) + 16}" text-anchor="middle">{v:.1f}</text>'
            f'<text x="{LEFT - 8}" y="{_y(v) + 4}" text-anchor="end">{v:.1f}</text>'
        )
    legend = [
        f'<rect x="{LEFT + SIZE + 16}" y="{TOP + 20 * i}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{LEFT + SIZE + 34}" y="{TOP + 10 + 20 * i}">{name}</text>'
        for i, (colour, name) in enumerate(zip(_colours(len(names)), names, strict=True))
    ]
    middle = TOP + SIZE / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
            'fill="#222222" role="img">',
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            f'<text x="{LEFT}" y="20" font-size="15">{title}</text>',
            *ticks,
            f'<rect x="{LEFT}" y="{TOP}" width="{SIZE}" height="{SIZE}" fill="none" '
            'stroke="#666666"/>',
            *body,
            *legend,
            f'<text x="{_x(0.5)}" y="{height - 14}" text-anchor="middle">{x_name}</text>',
            f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">'
            f"{y_name}</text>",
            "</svg>",
            "",
        ]
    )
