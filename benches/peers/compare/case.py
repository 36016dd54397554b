"""What is compared: a case, and a row for each side in it. Less is always better."""

import math
from dataclasses import dataclass, field

from compare import figures
from compare.roster import KINDS


@dataclass
class Row:
    """One side's figures."""

    label: str
    isolation: str
    #: One figure for each turn, in the unit of the case.
    values: list = field(default_factory=list)
    #: Seconds of processors, in the unit of the case; empty where nobody counts.
    cpu: list = field(default_factory=list)
    #: Why there is no figure, or what to know of it.
    note: str = ""
    #: "ours", "peer" or "bound".
    role: str = "peer"
    #: What it is compared with: the best row of ours of the same group.
    group: str = "processes"
    #: Each has a bound of its own where the kernel is in another language.
    bound: float = None

    @property
    def value(self):
        return figures.median(self.values) if self.values else None


@dataclass
class Case:
    """Rows that stand for the same work."""

    part: str
    title: str
    #: How a figure is shown: "time", "count", or a number of bytes, whose rate is.
    show: object
    rows: list
    headline: bool = False

    def ours(self, group):
        """The best row of ours of a group; one without figures if there is no other."""
        rows = [row for row in self.rows if row.role == "ours" and row.group == group]
        return min(rows, key=lambda row: row.value or math.inf, default=None)

    def bound(self, row):
        if row.bound is not None:
            return row.bound
        rows = [other for other in self.rows if other.role == "bound" and other.values]
        same = [other for other in rows if other.group == row.group]
        return (same or rows)[0].value if rows else None

    def to_ours(self, row):
        """How many times as much it takes as ours of the same group does."""
        ours = self.ours(row.group)
        if row.role != "peer" or row.value is None or ours is None or ours.value is None:
            return None
        return figures.ratio(ours.value, row.value)

    def to_bound(self, row):
        bound = self.bound(row)
        if row.role == "bound" or row.value is None or not bound:
            return None
        return row.value / bound


def row_of(name, results, per, *, group="processes", suffix="", note=""):
    """The row of a side from its turns, each figure divided by `per`."""
    kind = KINDS[name]
    role = "peer"
    if kind.label.startswith("**ours**"):
        role = "ours"
    elif kind.label.startswith("bound"):
        role = "bound"
    return Row(
        label=kind.label + suffix,
        isolation=kind.isolation,
        values=[seconds / per for seconds in results.seconds()],
        cpu=[seconds / per for seconds in results.cpu()],
        note=results.failure or note,
        role=role,
        group=group,
    )


def is_behind(case):
    """Peers of the same group that take less than ours."""
    return [row.label for row in case.rows if (case.to_ours(row) or math.inf) < 1]
