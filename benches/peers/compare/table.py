"""Cases as tables of Markdown."""

from compare import figures

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
HEAD = (
    "| side | isolation | turns | median | quartiles | CPU | peer : ours | to the bound | |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def time(seconds):
    """A time as people write it."""
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)):
        if seconds * factor >= 1 or unit == "ns":
            return f"{digits(seconds * factor)} {unit}"


def digits(number):
    """Three figures that count."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def shown(case, value):
    if case.show == "time":
        return time(value)
    if case.show == "count":
        return digits(value)
    return f"{time(value)} ({case.show / value / 1e6:,.0f} MB/s)"


def line(case, row):
    """A row as cells."""
    cells = [row.label, row.isolation]
    if row.values:
        low, middle, high = figures.quartiles(row.values)
        one = time if case.show != "count" else digits
        cells += [str(len(row.values)), shown(case, middle), f"{one(low)} to {one(high)}"]
        cells.append(time(figures.median(row.cpu)) if row.cpu else "")
    else:
        cells += ["0", "", "", ""]
    for value in (case.to_ours(row), case.to_bound(row)):
        cells.append(digits(value) if value is not None else "")
    cells.append(row.note.replace("|", "/"))
    return "| " + " | ".join(cells) + " |"


def whole(cases):
    """All cases, each as a table under its title."""
    parts = []
    for case in cases:
        lines = [line(case, row) for row in case.rows]
        parts.append(f"**{case.part}: {case.title}**\n\n{HEAD}\n" + "\n".join(lines))
    return "\n\n".join(parts)


def headlines(cases):
    """One line for each peer in the cases that matter most."""
    lines = [
        "| | ours | peer | peer's | peer : ours | ours to the bound |",
        "|---|---|---|---|---|---|",
    ]
    for case in cases:
        if not case.headline:
            continue
        for row in case.rows:
            ratio = case.to_ours(row)
            if ratio is None and row.role != "peer":
                continue
            ours = case.ours(row.group)
            if ours is None:
                continue
            cells = [f"{case.part}: {case.title}"]
            figure = shown(case, ours.value) if ours.values else ours.note
            cells.append(f"{figure} ({ours.label.removeprefix('**ours**, ')})")
            cells.append(f"{row.label} ({row.isolation})")
            cells.append(shown(case, row.value) if row.values else row.note)
            cells.append(digits(ratio) if ratio is not None else "")
            bound = case.to_bound(ours)
            cells.append(digits(bound) if bound is not None else "")
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def between_marks(document, text):
    """A document with the text between its marks replaced."""
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"
