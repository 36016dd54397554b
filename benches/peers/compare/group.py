"""A group of processes: what they take of processors, and their end.

A control group of Linux (version 2) where one can be made: it has every process that a side starts,
also those that have left their parents, and those that have ended. Else the tree of processes below
the first one, which misses what has left it.
"""

import itertools
import os
import signal
import time
from pathlib import Path

NUMBERS = itertools.count()
#: Those that have not been ended.
OPEN = set()
#: How long processes may take to be gone after they were killed, in seconds.
BOUND = 10.0


def _parent():
    """The folder of this process's own control group, or `None`."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
        root = next(mount[1] for mount in mounts if mount[2] == "cgroup2")
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line[3:] for line in lines if line.startswith("0::"))
    except (OSError, StopIteration):
        return None
    folder = Path(root + own.rstrip("/"))
    return folder if os.access(folder, os.W_OK) else None


class Group:
    """A group that one process is started into."""

    def __init__(self):
        self.folder, self.first = None, None
        OPEN.add(self)
        parent = _parent()
        if parent:
            folder = parent / f"lithops-peers-{os.getpid()}-{next(NUMBERS)}"
            try:
                folder.mkdir()
                self.folder = folder
            except OSError:
                pass  # The tree of processes it is.

    @property
    def kind(self):
        return "control group" if self.folder else "process tree"

    def command(self, words):
        """The command that starts a program in the group."""
        if not self.folder:
            return list(words)
        join = 'echo $$ > "$0" && exec "$@"'
        return ["sh", "-c", join, str(self.folder / "cgroup.procs"), *words]

    def cpu(self):
        """Seconds of processors that the group has taken so far."""
        if self.folder:
            for line in (self.folder / "cpu.stat").read_text().splitlines():
                if line.startswith("usage_usec "):
                    return int(line.split()[1]) / 1e6
            raise OSError("cpu.stat does not tell the usage")
        ticks = sum(_ticks(pid) for pid in _tree(self.first))
        return ticks / os.sysconf("SC_CLK_TCK")

    def processes(self):
        if not self.folder:
            return [pid for pid in _tree(self.first) if _ticks(pid)] if self.first else []
        try:
            return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]
        except OSError:
            return []

    def end(self):
        """Kills what is left, and removes the group. Gives whether all is gone."""
        OPEN.discard(self)
        deadline = time.monotonic() + BOUND
        while pids := self.processes():
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # It has ended by itself meanwhile.
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        while self.folder and self.folder.exists():
            try:
                self.folder.rmdir()
            except OSError:
                # The kernel takes a moment to let go of the last process.
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.02)
        return True


def end_all():
    """Ends all groups that are left."""
    for group in list(OPEN):
        group.end()


def _stat(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _ticks(pid):
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) if fields and fields[0] != "Z" else 0


def _tree(first):
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(entry)):
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found, left = [], [first]
    while left:
        pid = left.pop()
        found.append(pid)
        left += parents.get(pid, [])
    return found
