"""B2: the smallest task with which two workers are kept busy (METG)."""

from compare import figures
from compare.case import Case, Row
from compare.roster import KINDS, opened
from compare.side import Failed
from compare.turns import tell

#: A side, the chunks that it is told, and the longest task, in nanoseconds, that is tried first.
LADDERS = [
    ("processes", "1", 10**6, "processes"),
    ("processes", "default", 10**6, "processes"),
    ("processes-pieces", "default", 10**6, "processes"),
    ("pool", "1", 10**7, "processes"),
    ("pool", "default", 10**7, "processes"),
    ("process-pool", "1", 10**7, "processes"),
    ("joblib", "default", 10**8, "processes"),
    ("ray", "1", 10**8, "processes"),
    ("dask", "1", 10**9, "processes"),
    ("lithops-v1", "default", 10**9, "processes"),
    ("lithops-v1-tuned", "default", 10**9, "processes"),
    ("lithops-v2", "default", 10**9, "processes"),
    ("threads", "1", 10**6, "threads"),
    ("threads", "default", 10**6, "threads"),
    ("threads-pieces", "default", 10**6, "threads"),
    ("rayon", "1", 10**6, "threads"),
]
SHORTEST, LONGEST = 10**3, 10**9
#: From one length to the next.
STEP = 10**0.5
WANTED = (0.95, 0.5)
WORKERS = 2


def measure(run):
    names = list(dict.fromkeys(name for name, *_ in LADDERS))
    if run.quick:
        names = [name for name in names if name != "lithops-v2"]
    metg = {}
    with opened(run, names, WORKERS) as sides:
        sides = dict(sides)
        for repeat in range(run.some(3, 1)):
            for ladder in LADDERS:
                name = ladder[0]
                failed = isinstance(metg.get(ladder), str)
                once = name.startswith(("lithops", "dask")) and repeat > 0
                if name not in sides or failed or once:
                    continue
                tell(f"B2: {name}, chunk {ladder[1]}, round {repeat + 1}")
                try:
                    points = _climb_down(run, sides[name], ladder[1], ladder[2])
                except Failed as failure:
                    metg[ladder] = str(failure)
                    continue
                found = [figures.smallest_length(points, wanted) for wanted in WANTED]
                metg.setdefault(ladder, []).append(found)
    for place, wanted in enumerate(WANTED):
        for group in ("processes", "threads"):
            rows = [_row(ladder, metg[ladder], place) for ladder in metg if ladder[3] == group]
            bound = [_row(ladder, metg[ladder], place) for ladder in metg if ladder[0] == "rayon"]
            for row in bound:
                row.role, row.group = "bound", group
                row.label = "bound: rayon, a `spawn` a task"
            rows = [row for row in rows if not row.label.startswith("rayon")] + bound
            title = f"shortest task with {wanted:.0%} efficiency, {WORKERS} workers, {group}"
            run.cases.append(Case("B2", title, "time", rows, headline=wanted == 0.5))


def _climb_down(run, side, chunk, first):
    """Ever shorter tasks until less than half of the time is work; first longer ones if need be."""
    points = []
    length = float(first)
    while length <= LONGEST * 1.01:
        points.append(_point(run, side, chunk, length))
        if points[-1][1] >= max(WANTED):
            break
        length *= STEP
    length = first / STEP
    while min(value for _, value in points) >= min(WANTED) and length >= SHORTEST * 0.99:
        points.append(_point(run, side, chunk, length))
        length /= STEP
    return points


def _point(run, side, chunk, length):
    """The efficiency with tasks of one length, which make a second of work or are four."""
    work = run.some(1.0, 0.5) * 1e9
    length = round(length)
    tasks = max(2 * WORKERS, int(work / length))
    turn = side.take(f"spin {tasks} {length} {chunk}", 120)
    if turn.check != tasks:
        raise Failed(f"WRONG: {turn.check} instead of {tasks}")
    return length / 1e9, figures.efficiency(tasks, length / 1e9, WORKERS, turn.seconds)


def _row(ladder, found, place):
    name, chunk, _, group = ladder
    kind = KINDS[name]
    told = "a chunk each" if chunk == "1" else "default chunks"
    if name in ("ray", "dask", "lithops-v1", "lithops-v2"):
        told = "as it is"
    row = Row(f"{kind.label}, {told}", kind.isolation, group=group)
    if kind.label.startswith("**ours**"):
        row.role = "ours"
    if isinstance(found, str):
        row.note = found
        return row
    row.values = [pair[place] for pair in found if pair[place] is not None]
    if not row.values:
        row.note = f"above {LONGEST / 1e9:.0f} s"
    return row
