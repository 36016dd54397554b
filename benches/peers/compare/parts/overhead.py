"""B1: what a task costs that does nothing, in pools that are warm."""

import time

from compare.case import Case, row_of
from compare.roster import opened
from compare.turns import in_turn, tell

SIZES = (1, 100, 1_000, 10_000, 100_000)
#: The most tasks that a side is given in one turn; more would take minutes.
CAPS = {
    ("joblib", "1"): 10_000,
    "ray": 10_000,
    "dask": 1_000,
    "lithops-v1": 100,
    "lithops-v1-tuned": 100,
    "lithops-v2": 100,
    "lithops-v2-tuned": 1,
}
#: By the chunks that are asked for: each task by itself, or as each side does if nothing is said.
SIDES = {
    "1": (
        ["processes", "echo", "pool", "process-pool", "joblib", "ray", "dask"]
        + ["lithops-v1", "lithops-v2"],
        ["threads", "thread-pool", "rayon"],
    ),
    "default": (
        # Pools hand on a chunk as one list, and so does `par`; a `map` answers for each call.
        ["processes-pieces", "processes", "echo", "pool", "joblib"]
        + ["lithops-v1-tuned", "lithops-v2-tuned"],
        ["threads-pieces", "threads", "thread-pool", "rayon"],
    ),
}
WORKERS = 2
#: How often a job of few tasks is done in a row.
BURST = 20


def measure(run):
    names = list(dict.fromkeys(name for both in SIDES.values() for side in both for name in side))
    with opened(run, names, WORKERS) as sides:
        _tell_idle(run, sides)
        for chunk, (processes, threads) in SIDES.items():
            for size in run.some(SIZES, (1, 100, 1_000)):
                _measure(run, dict(sides), chunk, size, processes, threads)


def _measure(run, sides, chunk, size, processes, threads):
    tell(f"B1: {size} tasks, chunk {chunk}")
    caps = {**CAPS, **run.some({}, {"lithops-v1": 1, "lithops-v2": 1, "lithops-v1-tuned": 1})}
    cap = {name: caps.get((name, chunk), caps.get(name, size)) for name in processes + threads}
    able = [name for name in processes + threads if size <= cap[name]]
    results = in_turn(
        run,
        [(name, sides[name]) for name in able],
        f"map {size} {chunk}",
        size * (size + 1) // 2,
        180,
        burst=BURST if size <= 1_000 else 1,
    )
    for group, names in (("processes", processes), ("threads", threads)):
        rows = [row_of(n, results[n], size, group=group) for n in names if n in results]
        if group == "threads":
            for row in rows:
                if row.label == "rayon":
                    row.role = "bound"
        chunks = "a chunk each" if chunk == "1" else "default chunks"
        title = f"{size:,} tasks of `x + 1`, {chunks}, {group}; a task"
        headline = size == run.some(10_000, 1_000) and chunk == "1"
        run.cases.append(Case("B1", title, "time", rows, headline=headline))
    left_out = [name for name in processes + threads if name not in results]
    if left_out:
        run.note(f"B1, {size:,} tasks, chunk {chunk}: not given so many: {', '.join(left_out)}")


def _tell_idle(run, sides):
    """How much of a processor those take that wait: the others have that much less."""
    live = [(name, side) for name, side in sides if hasattr(side, "group")]
    before = {name: side.group.cpu() for name, side in live}
    begun = time.monotonic()
    time.sleep(2)
    spent = time.monotonic() - begun
    shares = {name: (side.group.cpu() - before[name]) / spent for name, side in live}
    busy = [f"{name} {share:.1%}" for name, share in shares.items() if share >= 0.001]
    if busy:
        run.note(f"B1: processors' time of sides that only wait: {', '.join(busy)} of one")
