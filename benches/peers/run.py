#!/usr/bin/env python3
"""Compares this library with its peers, all in one run on this machine.

`cargo xtask peers` calls this with an S3 server at hand. Options: `--quick` for a few minutes of
less work, `--only B1,B3` for some parts, `--write` to put the tables and the picture into `docs/`,
`--selfcheck` to check the arithmetic and the Rust sides alone.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from compare import environment, picture, table
from compare.case import is_behind
from compare.group import Group, end_all
from compare.parts import chatter, cold, faults, granularity, overhead, read, simulation, text
from compare.turns import tell

PARTS = {
    "B1": overhead,
    "B2": granularity,
    "B3": cold,
    "B4": chatter,
    "B7": read,
    "B8": text,
    "B11": simulation,
    "B12": faults,
}
#: How the document shows what is drawn.
PICTURE = "![What the same work takes here and elsewhere](images/peers.svg)"
#: Above this load average the figures say little.
QUIET = 0.3


class Run:
    """What all parts share, and what they have found."""

    def __init__(self, quick, folder, data):
        self.quick, self.folder, self.data = quick, folder, data
        self.environment = environment.surroundings(folder)
        self.cases, self.notes = [], []
        #: Turns of each side, and the seconds that they may take together.
        self.repeats, self.budget = (2, 6) if quick else (5, 15)
        names = ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        self.s3 = {name: os.environ[name] for name in names if name in os.environ}
        if self.s3:
            self.s3["AWS_REGION"] = self.s3["AWS_DEFAULT_REGION"] = "us-east-1"
        self.bucket = "peers"
        self.python = self.program = None

    def some(self, whole, quick):
        return quick if self.quick else whole

    def note(self, text):
        self.notes.append(text)
        tell(f"    note: {text}")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--quick", action="store_true")
    options.add_argument("--write", action="store_true")
    options.add_argument("--selfcheck", action="store_true")
    options.add_argument("--only", default=",".join(PARTS))
    options = options.parse_args()
    if options.selfcheck:
        return selfcheck()
    # The first signal ends what was started; a second one must not cut that short.
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGINT, _interrupted)
    data = environment.target() / "peers"
    data.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="peers-"))
    try:
        return compare(options, folder, data)
    except KeyboardInterrupt:
        tell("interrupted")
        return 130
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        # Also what was cut short while it was being started.
        end_all()
        shutil.rmtree(folder, ignore_errors=True)


def compare(options, folder, data):
    begun = time.monotonic()
    run = Run(options.quick, folder, data)
    run.python, missing = environment.python_with_peers()
    for package in missing:
        run.note(f"could not be installed: {package}")
    run.environment["PATH"] = f"{run.python.parent}:{run.environment['PATH']}"
    run.program = environment.rust_program()
    load = os.getloadavg()
    if load[0] > QUIET:
        tell(f"load average {load[0]:.2f}: above {QUIET} these figures say little")
    if run.s3:
        fill = [run.python, environment.HERE / "peer" / "fill.py", run.bucket, "0", "0"]
        subprocess.run(
            fill,
            env={**run.environment, **run.s3},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
    for name in options.only.split(","):
        try:
            PARTS[name].measure(run)
        except (OSError, subprocess.SubprocessError) as error:
            run.note(f"{name} ended early: {type(error).__name__}: {error}")
    minutes = (time.monotonic() - begun) / 60
    report(run, options, load, minutes)
    wrong = [row.label for case in run.cases for row in case.rows if row.note.startswith("WRONG")]
    return 1 if wrong else 0


def report(run, options, load, minutes):
    """Prints the tables, and writes them into the documents if that is asked for."""
    group = Group()
    counted = group.kind
    group.end()
    loads = " ".join(f"{value:.2f}" for value in load)
    quick = " with `--quick`" if run.quick else ""
    facts = (
        f"{os.cpu_count()} processors, load average before: {loads}; taken{quick} in "
        f"{minutes:.0f} minutes. CPU is that of all processes of a side, by their {counted}."
    )
    notes = [*run.notes, *environment.versions(run.python)]
    if load[0] > QUIET:
        notes.insert(
            0, f"the machine was not quiet: above a load of {QUIET} the figures say little"
        )
    for case in run.cases:
        for label in is_behind(case):
            notes.insert(0, f"behind {label}: {case.part}, {case.title}")
    listed = "\n".join(f"- {note}" for note in notes)
    print(f"{facts}\n\n{table.whole(run.cases)}\n\n{listed}")
    drawn = [case for case in run.cases if case.headline]
    svg = picture.draw(drawn, table.shown, "Less is better; scales of powers of ten")
    docs = environment.ROOT / "docs"
    if not options.write:
        (run.data / "peers.svg").write_text(svg)
        return
    (docs / "images").mkdir(exist_ok=True)
    (docs / "images" / "peers.svg").write_text(svg)
    for name, body in (
        ("benchmarks-peers.md", f"{facts}\n\n{table.whole(run.cases)}\n\n{listed}"),
        ("benchmarks.md", f"{PICTURE}\n\n{facts}\n\n{table.headlines(run.cases)}"),
    ):
        document = docs / name
        document.write_text(table.between_marks(document.read_text(), body))


def selfcheck():
    """The arithmetic and the Rust sides, without a peer."""
    here = str(environment.HERE)
    tests = unittest.defaultTestLoader.discover(f"{here}/compare", top_level_dir=here)
    if not unittest.TextTestRunner().run(tests).wasSuccessful():
        return 1
    # As all tests are built, so that nothing is built for this alone.
    sides = ["test", "--workspace", "--all-features", "--quiet", "--bench", "peers"]
    cargo = os.environ.get("CARGO", "cargo")
    return subprocess.run(
        [cargo, *sides], cwd=environment.ROOT, timeout=environment.BOUND
    ).returncode


def _interrupted(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
