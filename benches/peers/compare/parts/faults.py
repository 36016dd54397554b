"""B12: tasks of which some kill their worker and some are slow."""

import random
import shutil

from compare import figures
from compare.case import Case, Row, row_of
from compare.roster import opened
from compare.turns import in_turn, tell

#: Lithops' default, v2, takes half a second of a processor for each task: minutes.
SIDES = ["processes", "ray", "dask", "lithops-v1", "process-pool"]
#: They sleep, so there may be more than there are processors.
WORKERS = 8
SHARE = 0.02
SEED = 12
NAP, UNTIL_DEATH, SLOW = 0.1, 0.05, 1.0


def measure(run):
    tasks = run.some(400, 100)
    chance = random.Random(SEED)
    unlucky = chance.sample(range(tasks), 2 * int(tasks * SHARE))
    killed, slow = sorted(unlucky[::2]), sorted(unlucky[1::2])
    tell(f"B12: {tasks} naps, killed {killed}, slow {slow}")
    expected = sum(index * index for index in range(tasks))
    told = [",".join(map(str, numbers)) or "-" for numbers in (killed, slow)]
    turn = f"faulty {tasks} {{}} {told[0]} {told[1]}"
    rows = {}
    with opened(run, SIDES, WORKERS) as sides:
        for _ in range(run.some(3, 1)):
            for name, side in sides:
                _take(run, rows, name, side, turn, tasks, len(killed), expected)
    rows = list(rows.values())
    durations = [_duration(index, killed, slow) for index in range(tasks)]
    least = figures.longest_first(durations, WORKERS)
    note = "every fault known before"
    rows.append(Row("bound: longest first", "none", [least], note=note, role="bound"))
    faults = f"{SHARE:.0%} kill their worker, {SHARE:.0%} slow"
    title = f"{tasks} naps of 100 ms on {WORKERS} workers, {faults}"
    run.cases.append(Case("B12", title, "time", rows, headline=True))


def _duration(index, killed, slow):
    if index in killed:
        return UNTIL_DEATH + NAP
    return SLOW if index in slow else NAP


def _take(run, rows, name, side, turn, tasks, killed, expected):
    """One turn, unless the side has failed before or takes long; its executions leave marks."""
    row = rows.get(name)
    if row and (not row.values or row.values[0] > run.budget):
        return
    marks = run.folder / "marks"
    marks.mkdir()
    results = in_turn(
        run, [(name, side)], turn.format(marks), expected, repeats=1, bound=run.some(150, 60)
    )[name]
    executions = len(list(marks.iterdir()))
    shutil.rmtree(marks)
    found = row_of(name, results, 1)
    if row is None:
        row = rows[name] = found
        if name.startswith("lithops"):
            row.label += ", `RetryingFunctionExecutor`"
    else:
        row.values += found.values
        row.cpu += found.cpu
    if results.failure:
        row.values, row.note = [], results.failure
        # Naps of what has failed would go on beside the others.
        side.end()
    else:
        without_need = (executions - tasks - killed) / tasks
        row.note = f"all right; {without_need:.1%} of tasks run without need"
