"""A side at work: a process that does a turn for each line that it is told.

Every wait has a bound, and whatever a side has started ends with it.
"""

import os
import resource
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from compare.group import Group


class Failed(Exception):
    """Why a side has no figure; told in the table."""


@dataclass(frozen=True)
class Measured:
    """One turn: seconds by the clock, seconds of processors, and the number to be checked."""

    seconds: float
    cpu: float
    check: int


class Side:
    """A process in a group of its own, which answers line by line."""

    def __init__(self, command, environment, folder):
        self.group = Group()
        self.log = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".log", delete=False)
        self.rest, self.late = b"", None
        self.process = subprocess.Popen(
            self.group.command(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        self.group.first = self.process.pid

    def wait_ready(self, bound):
        if self._line(bound) != "ready":
            raise Failed(f"does not start: {self._last_words()}")

    def take(self, words, bound):
        """Has it do one turn.

        A side that has not answered in time is ended: its answer would be taken for that of
        another turn.
        """
        if self.late:
            raise Failed(self.late)
        before = self.group.cpu()
        try:
            self.process.stdin.write((words + "\n").encode())
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(f"has ended: {self._last_words()}") from error
        line = self._line(bound)
        cpu = self.group.cpu() - before
        if line.startswith("error="):
            raise Failed(line.removeprefix("error="))
        answer = dict(word.split("=", 1) for word in line.split())
        return Measured(float(answer["seconds"]), cpu, int(answer["check"]))

    def end(self):
        """Ends it and all that it has started. Gives whether all is gone. May be called again."""
        if self.log.closed:
            return not self.group.processes()
        self.late = self.late or "was ended"
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            pass  # It is killed next.
        gone = self.group.end()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()
        return gone

    def _line(self, bound):
        deadline = time.monotonic() + bound
        while b"\n" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0:
                self.late = f"no answer within {bound:.0f} s"
                self.end()
                raise Failed(self.late)
            if select.select([self.process.stdout], [], [], left)[0]:
                read = os.read(self.process.stdout.fileno(), 1 << 16)
                if not read:
                    raise Failed(f"has ended: {self._last_words()}")
                self.rest += read
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace").strip()

    def _last_words(self):
        lines = Path(self.log.name).read_text(errors="replace").split("\n")
        lines = [line.strip() for line in lines if line.strip()]
        told = [line for line in lines if not line.startswith("note: run with")]
        return told[-1][:160] if told else "it said nothing"


def _of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Command:
    """A side that is a command, run anew for each turn."""

    def __init__(self, command, environment, folder):
        """`command` makes the words of a command and the number to be checked of a turn's words."""
        self.command, self.environment, self.folder = command, environment, folder

    def wait_ready(self, bound):
        pass

    def take(self, words, bound):
        command, check = self.command(words.split())
        group = Group()
        log = tempfile.TemporaryFile(dir=self.folder)
        before = _of_children()
        begun = time.perf_counter()
        process = subprocess.Popen(
            group.command(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
        )
        group.first = process.pid
        try:
            status = process.wait(bound)
            seconds = time.perf_counter() - begun
            cpu = group.cpu() if group.folder else _of_children() - before
        except subprocess.TimeoutExpired as error:
            raise Failed(f"no end within {bound:.0f} s") from error
        finally:
            group.end()
            process.wait(10)
        if status != 0:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().split("\n")
            raise Failed(f"ended with {status}: {lines[-1][:160]}")
        return Measured(seconds, cpu, check)

    def end(self):
        return True
