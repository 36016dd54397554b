"""Sides that take turns, so that whatever else the machine does slows all of them."""

import sys
from dataclasses import dataclass, field

from compare import figures
from compare.side import Failed

#: Seconds up to which the same is done several times in a row, if that is asked for.
SHORT = 0.05


@dataclass
class Results:
    """What the turns of one side came to: figures, or why there are none."""

    turns: list = field(default_factory=list)
    failure: str = None

    def seconds(self):
        return [turn.seconds for turn in self.turns]

    def cpu(self):
        return [turn.cpu for turn in self.turns]


def in_turn(run, sides, words, expected, bound, repeats=None, burst=1):
    """Has each side do the same once, and again, as often as the run wants or `repeats` says.

    `sides` are pairs of a name and an open side. A side whose first turn is long gets fewer of
    them: as many as fit into the run's budget. No turn lasts longer than `bound` seconds. One that
    fails, or gives another number than `expected`, is left out from there on, and that is told.

    What takes less than 50 ms is done `burst` times in a row each time, and the first of them does not
    count: it would show how long a side that has waited takes to wake.
    """
    repeats = repeats or run.repeats
    results = {name: Results() for name, _ in sides}
    for repeat in range(repeats):
        for name, side in sides:
            result = results[name]
            if result.failure:
                continue
            if result.turns:
                first = result.turns[0].seconds
                if repeat >= figures.repeats_within(first, run.budget, repeats):
                    continue
            turns = _row(name, side, words, expected, bound, burst, result)
            result.turns.extend(turns[1:] or turns)
    return results


def _row(name, side, words, expected, bound, burst, result):
    """The turns of one side in a row; none, and why, if one of them fails or is wrong."""
    turns = []
    while not turns or (len(turns) < burst and turns[0].seconds < SHORT):
        try:
            turn = side.take(words, bound)
        except Failed as failed:
            result.failure = str(failed)
            tell(f"    {name}: {failed}")
            return []
        if expected is not None and turn.check != expected:
            result.failure = f"WRONG: {turn.check} instead of {expected}"
            tell(f"    {name}: {result.failure}")
            return []
        turns.append(turn)
    return turns


def tell(text):
    """Says how far the run is; the tables go elsewhere."""
    print(text, file=sys.stderr, flush=True)
