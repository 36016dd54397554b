"""B11: Monte Carlo, the same stream of random numbers for all."""

from compare.case import Case, row_of
from compare.roster import KINDS, opened
from compare.turns import in_turn, tell

SIDES = ["processes", "threads", "rayon", "pool", "ray", "dask", "lithops-v1", "lithops-v1-tuned"]
KERNELS = ["kernel", "numpy"]
WORKERS = 2
#: The kernels are timed on a part of the tasks.
PART = 10


def measure(run):
    tasks, samples = run.some((1000, 1_000_000), (50, 100_000))
    tell(f"B11: {tasks} tasks of {samples} samples")
    with opened(run, KERNELS + SIDES, WORKERS) as sides:
        kernels = in_turn(run, sides[: len(KERNELS)], f"throw {tasks // PART} {samples}", None, 120)
        # What the Rust kernel finds is what all have to find.
        able = sides[len(KERNELS) :]
        expected = sides[0][1].take(f"throw {tasks} {samples}", 120).check
        results = in_turn(run, able, f"throw {tasks} {samples}", expected, 300)
    bounds = {}
    rows = []
    for name in KERNELS:
        row = row_of(name, kernels[name], WORKERS / PART, group="bound")
        bounds[name], _ = row.value, rows.append(row)
    for name in SIDES:
        row = row_of(name, results[name], 1)
        row.bound = bounds["kernel" if KINDS[name].rust else "numpy"]
        if row.value and row.bound:
            efficiency = f"efficiency {row.bound / row.value:.0%} of its own kernel's"
            row.note = f"{row.note + '; ' if row.note else ''}{efficiency}"
        if not KINDS[name].rust:
            row.label += " with numpy"
        if name in ("threads", "rayon"):
            row.group = "threads"
        rows.append(row)
    title = f"Monte Carlo, {tasks:,} tasks of {samples:,} samples, {WORKERS} workers"
    run.cases.append(Case("B11", title, "time", rows, headline=True))
