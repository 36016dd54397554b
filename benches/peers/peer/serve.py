"""One Python side: does a turn for each line of standard input.

`python serve.py SIDE WORKERS`; the lines are told in `turn.rs`. `python serve.py first SIDE` is the
way from nothing to a first result.
"""

import importlib
import os
import sys
import time

import task

#: Where each side is: a module, and an argument for its `Side`.
SIDES = {
    "pool": ("pool", "warm"),
    "pool-fresh": ("pool", "fresh"),
    "thread-pool": ("pool", "threads"),
    "process-pool": ("process_pool", None),
    "joblib": ("loky", None),
    "ray": ("on_ray", None),
    "dask": ("on_dask", None),
    "lithops-v1": ("on_lithops", {"version": 1}),
    "lithops-v2": ("on_lithops", {"version": 2}),
    "lithops-v1-tuned": ("on_lithops", {"version": 1, "tuned": True}),
    "lithops-v2-tuned": ("on_lithops", {"version": 2, "tuned": True}),
    "lithops-s3": ("on_lithops", {"version": 1, "s3": True}),
    "lithops-s3-tuned": ("on_lithops", {"version": 1, "s3": True, "tuned": True}),
    "duckdb": ("on_duckdb", None),
    "polars": ("on_polars", None),
    "numpy": ("alone", None),
}


def parts(path, size):
    length = os.path.getsize(path)
    return [(path, at, min(at + size, length)) for at in range(0, length, size)]


def numbers(text):
    return {int(number) for number in text.split(",") if number != "-"}


def turn(side, words):
    """Does one turn; gives the seconds that it took and the number to be checked."""
    name, words = words[0], words[1:]
    chunk = None
    if name in ("map", "spin"):
        chunk = None if words[-1] == "default" else int(words[-1])
    tasks = int(words[0]) if words[0].isdigit() else 0
    start = time.perf_counter()
    if hasattr(side, name):
        check = getattr(side, name)(*words)
    elif name in ("map", "fresh"):
        check = sum(side.run(task.add_one, range(tasks), chunk))
    elif name == "spin":
        check = sum(side.run(task.spin, [int(words[1])] * tasks, chunk))
    elif name == "program":
        check = sum(side.run(task.run_program, [words[1:]] * tasks, None))
    elif name == "bytes":
        check = sum(map(len, side.run(task.make_bytes, [int(words[1])] * tasks, None)))
    elif name == "crc":
        check = sum(side.run(task.crc, task.keys_below(words[0]), None))
    elif name == "words":
        check = sum(side.run(task.count_words, parts(words[0], int(words[1])), None))
    elif name == "throw":
        shares = [(seed, int(words[1])) for seed in range(tasks)]
        check = sum(side.run(task.throw, shares, None))
    elif name == "faulty":
        killed, slow = numbers(words[2]), numbers(words[3])
        faults = [(index, words[1], index in killed, index in slow) for index in range(tasks)]
        check = sum(getattr(side, "run_retrying", side.run)(task.faulty, faults, None))
    else:
        raise ValueError(f"there is no turn {name}")
    return time.perf_counter() - start, check


def open_side(name, workers):
    module, argument = SIDES[name]
    return importlib.import_module(module).Side(argument, workers)


def main():
    # What libraries print must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    if sys.argv[1] == "first":
        side = open_side(sys.argv[2], 2)
        print(side.run(task.add_one, range(2), 1)[0], file=answers)
        side.close()
        return
    side = open_side(sys.argv[1], int(sys.argv[2]))
    if hasattr(side, "run"):
        # Warm: its workers run, and have been given something.
        side.run(task.add_one, range(8), None)
    print("ready", file=answers)
    # Not `sys.stdin`: a child that is forked meanwhile would wait for its lock, for ever.
    for line in open(os.dup(0), encoding="utf-8"):
        try:
            seconds, check = turn(side, line.split())
            print(f"seconds={seconds} check={check}", file=answers)
        except Exception as error:  # The other turns go on; what failed is told.
            text = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
            print(f"error={text}", file=answers)
    side.close()


if __name__ == "__main__":
    main()
