"""B3: a fresh process for each task, other programs as tasks, and the first result from nothing."""

from compare.case import Case, Row, row_of
from compare.roster import KINDS, first_result, opened
from compare.side import Command
from compare.turns import in_turn, tell

TASKS = 200
#: Lithops starts an interpreter for each task, which takes half a second of a processor.
FEW = 20
WORKERS = 2
FIRST = ["processes", "pool", "process-pool", "joblib", "ray", "dask", "lithops-v1", "lithops-v2"]


def measure(run):
    _fresh(run)
    _programs(run, "true", "`true`", TASKS)
    _programs(run, "python3 -S -c pass", "`python3 -S -c pass`", run.some(50, 10))
    _first(run)


def _take(run, sides, words, expected):
    return in_turn(run, sides, words, expected, 180)


def _fresh(run):
    """A function in a process that has done nothing else."""
    tell("B3: a fresh process for each task")
    tasks, few = run.some(TASKS, 40), run.some(FEW, 4)
    with opened(run, ["processes", "spawn", "pool-fresh"], WORKERS) as sides:
        results = _take(run, sides, f"fresh {tasks}", tasks * (tasks + 1) // 2)
    rows = [row_of(name, results[name], tasks) for name in results]
    rows[0].isolation, rows[0].note = "a process a task", "an executor of one worker for each task"
    with opened(run, ["lithops-v2"], WORKERS) as sides:
        sum_of_few = few * (few + 1) // 2
        results = _take(run, sides, f"map {few} default", sum_of_few)
    rows.append(row_of("lithops-v2", results["lithops-v2"], few, note=f"{few} tasks"))
    title = f"{tasks} tasks of `x + 1`, each in a fresh process, 2 at once; a task"
    run.cases.append(Case("B3", title, "time", rows, headline=True))


def _programs(run, program, title, tasks):
    """The same program for all: what is compared is who starts it."""
    tell(f"B3: {program} as the task")
    tasks = min(tasks, run.some(tasks, 40))
    commands = {
        "xargs": lambda words: ["xargs", "-P2", "-I{}", *words[2:]],
        "parallel": lambda words: ["parallel", "--will-cite", "-j2", "-N0", " ".join(words[2:])],
    }
    lines = "".join(f"{number}\n" for number in range(tasks))
    listed = run.folder / "numbers"
    listed.write_text(lines)
    asked = {
        name: Command(_from_file(listed, make, tasks), run.environment, run.folder)
        for name, make in commands.items()
    }
    names = ["processes", "spawn", "pool", "lithops-v1"]
    with opened(run, names, WORKERS) as sides:
        every = [*sides, *asked.items()]
        every = [(n, s) for n, s in every if n != "spawn" or program == "true"]
        every = [(n, s) for n, s in every if n != "lithops-v1" or not run.quick]
        results = _take(run, every, f"program {tasks} {program}", tasks)
    rows = [row_of(name, results[name], tasks) for name in results if name in KINDS]
    for row in rows:
        row.isolation = "a process a task"
    for name, label in (("xargs", "`xargs -P2`"), ("parallel", "GNU `parallel -j2`")):
        found = results[name]
        values = [seconds / tasks for seconds in found.seconds()]
        cpu = [seconds / tasks for seconds in found.cpu()]
        note = found.failure or "with its own start"
        rows.append(Row(label, "a process a task", values, cpu, note))
    title = f"{tasks} runs of {title}, 2 at once; a run"
    run.cases.append(Case("B3", title, "time", rows, headline=program == "true"))


def _from_file(listed, make, tasks):
    """A command that reads the list of its tasks from a file."""

    def command(words):
        return [
            "sh",
            "-c",
            'file=$1; shift; "$@" < "$file"',
            "sh",
            str(listed),
            *make(words),
        ], tasks

    return command


def _first(run):
    """Programs that begin with nothing, give one result, and end what they have started."""
    tell("B3: the first result from nothing")
    sides = []
    for name in FIRST:
        words = first_result(run, name)
        sides.append(
            (name, Command(lambda _, words=words: (words, 1), run.environment, run.folder))
        )
    results = _take(run, sides, "first", 1)
    with opened(run, ["spawn"], WORKERS) as spawn:
        bound = _take(run, spawn, "program 1 true", 1)
    rows = [row_of(name, results[name], 1) for name in results]
    rows.append(row_of("spawn", bound["spawn"], 1))
    title = "from starting a program to its end, with two workers of its own and one result"
    run.cases.append(Case("B3", title, "time", rows, headline=True))
