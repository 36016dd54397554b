"""B4: what a job asks of its storage, counted on the way to one S3 server."""

from compare.case import Case, Row
from compare.counting import CountingLine
from compare.environment import with_storage
from compare.roster import KINDS, opened
from compare.side import Failed
from compare.turns import tell

#: What a million writes or listings cost at IBM COS (class A), in dollars.
CLASS_A = 5.2
WORKERS = 2
#: So long nothing may pass until a job's requests are counted, in seconds.
QUIET = 1.0
SIDES = ["processes", "lithops-s3", "lithops-s3-tuned"]
#: The turn, its tasks, and what it comes to.
TURNS = [
    ("map, results of 1 B", "bytes 100 1", 100, 100),
    ("map, results of 1 B", "bytes 1000 1", 1000, 1000),
    ("map, results of 1 MB", "bytes 100 1000000", 100, 100_000_000),
    ("map_reduce, results of 1 B", "reduce 100 1", 100, 100),
    ("map_reduce, results of 1 MB", "reduce 100 1000000", 100, 100_000_000),
]
QUICK = [
    ("map, results of 1 B", "bytes 20 1", 20, 20),
    ("map_reduce, results of 1 B", "reduce 20 1", 20, 20),
]


def measure(run):
    if not run.s3:
        run.note("B4 was left out: no S3 server is named (`cargo xtask peers` starts one)")
        return
    line = CountingLine(run.s3["AWS_ENDPOINT_URL_S3"])
    try:
        with opened(run, SIDES, WORKERS, with_storage(run, line.endpoint)) as sides:
            for title, words, tasks, expected in run.some(TURNS, QUICK):
                _measure(run, line, sides, title, words, tasks, expected)
    finally:
        line.close()


def _measure(run, line, sides, title, words, tasks, expected):
    tell(f"B4: {words}")
    rows = []
    for name, side in sides:
        kind = KINDS[name]
        label = "**ours**, `through_storage`" if name == "processes" else kind.label
        role = "ours" if name == "processes" else "peer"
        row = Row(label, kind.isolation, role=role)
        rows.append(row)
        notes = []
        for _ in range(run.some(3, 1) if name == "processes" else 1):
            line.wait_quiet(QUIET, 20)
            line.take()
            try:
                turn = side.take(words, 120)
                if turn.check != expected:
                    raise Failed(f"WRONG: {turn.check} instead of {expected}")
            except Failed as failed:
                row.note = str(failed)
                break
            line.wait_quiet(QUIET, 20)
            requests, passed = line.take()
            row.values.append(sum(requests.values()) / tasks)
            row.cpu.append(turn.cpu / tasks)
            notes.append(_told(requests, passed, tasks, turn))
        row.note = row.note or notes[-1]
    least = 2 * WORKERS + 1
    told = f"{least} requests: a GET and a PUT for each worker, a PUT of the job"
    rows.append(Row("bound: one job object", "none", [least / tasks], note=told, role="bound"))
    title = f"{title}, {tasks:,} tasks, {WORKERS} workers; storage requests a task"
    headline = words.startswith(run.some("bytes 100 1", "bytes 20 1"))
    run.cases.append(Case("B4", title, "count", rows, headline=headline and "1 B" in title))


def _told(requests, passed, tasks, turn):
    verbs = ", ".join(f"{count} {verb}" for verb, count in sorted(requests.items()))
    billed = sum(requests[verb] for verb in ("PUT", "POST", "LIST"))
    dollars = billed / tasks * CLASS_A
    return (
        f"{verbs}; {passed / tasks:,.0f} B a task; "
        f"${dollars:.2f} a million tasks; {turn.seconds:.2f} s"
    )
