"""B8: the words of a large text in a file, by ranges."""

import shutil
import subprocess

from compare.case import Case, Row, row_of
from compare.roster import opened
from compare.side import Command
from compare.turns import in_turn, tell

PROCESSES = ["processes", "pool", "lithops-v1", "lithops-v1-tuned"]
THREADS = ["threads", "rayon", "duckdb", "polars"]
PART = 16 << 20
WORKERS = 2


def measure(run):
    mebibytes = run.some(1024, 64)
    tell(f"B8: {mebibytes} MiB of text")
    text = run.data / "text"
    made = [str(run.program), "text", str(text), str(mebibytes)]
    words = subprocess.run(made, stdout=subprocess.PIPE, check=True, timeout=120, text=True)
    expected = int(words.stdout)
    size = text.stat().st_size
    scan = {"wc": lambda _: (["wc", "-w", str(text)], expected)}
    if shutil.which("rg"):
        scan["rg"] = lambda _: (["rg", "-c", "w4711 ", str(text)], expected)
    commands = [(name, Command(make, run.environment, run.folder)) for name, make in scan.items()]
    with opened(run, PROCESSES + THREADS, WORKERS) as sides:
        results = in_turn(run, [*sides, *commands], f"words {text} {PART}", expected, 240)
    text.unlink()
    rows = [row_of(name, results[name], 1) for name in PROCESSES]
    rows += [row_of(name, results[name], 1, group="threads") for name in THREADS]
    one = results["wc"]
    rows.append(Row("`wc -w`", "one thread", one.seconds(), one.cpu(), one.failure or ""))
    if "rg" in results:
        found = results["rg"]
        halves = [seconds / WORKERS for seconds in found.seconds()]
        label = "bound: `rg -c` of one word, on one thread / 2"
        rows.append(Row(label, "none", halves, found.cpu(), found.failure or "", "bound"))
    for row in rows:
        if row.cpu:
            rate = size / (sum(row.cpu) / len(row.cpu)) / 1e6
            row.note = f"{row.note + '; ' if row.note else ''}{rate:,.0f} MB/s a core"
    title = f"words of {mebibytes} MiB of text in a file, parts of 16 MiB"
    run.cases.append(Case("B8", title, size, rows, headline=True))
