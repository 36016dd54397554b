"""Which sides there are, what isolates their tasks, and how each is started."""

from contextlib import contextmanager
from dataclasses import dataclass

from compare.environment import HERE
from compare.side import Failed, Side
from compare.turns import tell

#: How long a side may take until it is ready, in seconds.
START_BOUND = 90


@dataclass(frozen=True)
class Kind:
    """A side as the table names it."""

    label: str
    #: What stands between two tasks: "threads", "warm processes", "a process a task" ..
    isolation: str
    #: Whether it is a Rust program.
    rust: bool = False


KINDS = {
    "processes": Kind("**ours**, `processes`", "warm processes", True),
    "processes-pieces": Kind("**ours**, `processes`, `par`", "warm processes", True),
    "threads-pieces": Kind("**ours**, `threads`, `par`", "threads", True),
    "threads": Kind("**ours**, `threads`", "threads", True),
    "rayon": Kind("rayon", "threads", True),
    "echo": Kind("bound: echo over a Unix socket", "warm processes", True),
    "spawn": Kind("bound: `posix_spawn` of a static program", "a process a task", True),
    "kernel": Kind("bound: the Rust kernel on one thread / 2", "none", True),
    "copy": Kind("bound: the bytes over loopback TCP", "none", True),
    "pool": Kind("`multiprocessing.Pool`", "warm processes"),
    "pool-fresh": Kind("`multiprocessing.Pool(maxtasksperchild=1)`", "a fork a task"),
    "thread-pool": Kind("Python's `ThreadPool`", "threads"),
    "process-pool": Kind("`ProcessPoolExecutor`", "warm processes"),
    "joblib": Kind("joblib, loky", "warm processes"),
    "ray": Kind("Ray", "warm processes"),
    "dask": Kind("dask.distributed", "warm processes"),
    "lithops-v1": Kind("Lithops, localhost v1", "a fork a task"),
    "lithops-v2": Kind("Lithops, localhost v2 (its default)", "an interpreter a task"),
    "lithops-v1-tuned": Kind("Lithops, localhost v1, tuned", "a fork a task"),
    "lithops-v2-tuned": Kind("Lithops, localhost v2, tuned", "an interpreter a task"),
    "lithops-s3": Kind("Lithops, localhost v1 over S3", "a fork a task"),
    "lithops-s3-tuned": Kind("Lithops, localhost v1 over S3, tuned", "a fork a task"),
    "duckdb": Kind("DuckDB", "threads"),
    "polars": Kind("Polars", "threads"),
    "numpy": Kind("bound: the numpy kernel on one thread / 2", "none"),
}


class Missing:
    """In place of a side that does not start: each of its turns tells why."""

    def __init__(self, why):
        self.why = why

    def take(self, words, bound):
        raise Failed(self.why)

    def end(self):
        return True


def words_of(run, name):
    """The command without the arguments that say how many workers there are."""
    if KINDS[name].rust:
        return [str(run.program), name]
    return [str(run.python), str(HERE / "peer" / "serve.py"), name]


def first_result(run, name):
    """The command of a program that prints one result and ends."""
    if KINDS[name].rust:
        return [str(run.program), "first", name]
    return [str(run.python), str(HERE / "peer" / "serve.py"), "first", name]


def _own_folder(run, place):
    """A folder for temporary files: Lithops keeps a copy of itself there, one for all its clients,
    which each of them makes anew."""
    folder = run.folder / f"t{place}"
    folder.mkdir(exist_ok=True)
    return {"TMPDIR": str(folder)}


@contextmanager
def opened(run, names, workers, environment=None):
    """The sides of these names at work, as pairs; ended at the end, also when that comes early."""
    sides = []
    try:
        for name in names:
            command = [*words_of(run, name), str(workers)]
            own = _own_folder(run, len(sides))
            side = Side(command, {**run.environment, **(environment or {}), **own}, run.folder)
            sides.append((name, side))
        for place, (name, side) in enumerate(sides):
            try:
                side.wait_ready(START_BOUND)
            except Failed as failed:
                tell(f"    {name} {failed}")
                side.end()
                sides[place] = name, Missing(str(failed))
        yield sides
    finally:
        for name, side in sides:
            if not side.end():
                run.note(f"{name}: processes were left that could not be ended")
