"""The cases that matter most as one picture: a panel each, on a scale of powers of ten."""

import math
from html import escape

WIDTH, LABELS, RIGHT = 940, 330, 130
ROW, TITLE, AXIS, GAP = 20, 26, 22, 18
COLOURS = {"ours": "#0f62fe", "peer": "#8d8d8d", "bound": "#da1e28"}
STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:12px;fill:#161616}"
    ".title{font-weight:600;font-size:13px}.axis{fill:#6f6f6f;font-size:11px}"
    ".grid{stroke:#e0e0e0}.ours{font-weight:600}"
)


def draw(cases, shown, caption):
    """The picture as SVG; `shown` gives the text of a case's value."""
    parts, top = [], 46
    for case in cases:
        rows = _rows(case)
        if rows:
            parts.append(_panel(case, rows, top, shown))
            top += TITLE + ROW * len(rows) + AXIS + GAP
    legend = "".join(
        f'<rect x="{LABELS + 150 * place}" y="28" width="10" height="10" fill="{COLOURS[role]}"/>'
        f'<text x="{LABELS + 150 * place + 16}" y="37">{name}</text>'
        for place, (role, name) in enumerate(
            (("ours", "this library"), ("peer", "others"), ("bound", "the bound"))
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
        f'width="{WIDTH}" height="{top}" role="img"><title>{escape(caption)}</title>'
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{top}" fill="#fff"/>'
        f'<text x="12" y="18" class="title">{escape(caption)}</text>'
        f"{legend}{''.join(parts)}</svg>\n"
    )


def _rows(case):
    rows = [row for row in case.rows if row.value]
    bounds = [row for row in rows if row.role == "bound"]
    others = sorted((row for row in rows if row.role != "bound"), key=lambda row: row.value)
    return bounds + others


def _panel(case, rows, top, shown):
    low = math.floor(math.log10(min(row.value for row in rows) * 0.999))
    high = max(low + 1, math.ceil(math.log10(max(row.value for row in rows))))
    space = WIDTH - LABELS - RIGHT

    def across(value):
        return LABELS + space * (math.log10(value) - low) / (high - low)

    bottom = top + TITLE + ROW * len(rows)
    parts = [
        f'<text x="12" y="{top + 14}" class="title">{escape(f"{case.part}: {case.title}")}</text>'
    ]
    for power in range(low, high + 1):
        x = across(10.0**power)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + TITLE - 4}" y2="{bottom}" class="grid"/>'
            f'<text x="{x:.1f}" y="{bottom + 14}" class="axis" text-anchor="middle">'
            f"{escape(_tick(case, power))}</text>"
        )
    for place, row in enumerate(rows):
        y = top + TITLE + ROW * place
        x = across(row.value)
        label = row.label.replace("*", "").replace("`", "")
        emphasis = ' class="ours"' if row.role == "ours" else ""
        parts.append(
            f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end"{emphasis}>'
            f"{escape(label)}</text>"
            f'<rect x="{LABELS}" y="{y + 3}" width="{max(2, x - LABELS):.1f}" height="13" '
            f'fill="{COLOURS[row.role]}"/>'
            f'<text x="{max(x, LABELS + 2) + 5:.1f}" y="{y + 13}"{emphasis}>'
            f"{escape(shown(case, row.value))}</text>"
        )
        if row.role == "bound":
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{bottom}" '
                f'stroke="{COLOURS["bound"]}" stroke-dasharray="4 3"/>'
            )
    return "".join(parts)


def _tick(case, power):
    if case.show == "count":
        return f"{10.0**power:g}"
    for unit, least in (("s", 0), ("ms", -3), ("µs", -6), ("ns", -9)):
        if power >= least:
            return f"{10 ** (power - least):,} {unit}"
    return f"{10.0**power:g} s"
