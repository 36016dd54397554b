"""Sides that take turns, so that whatever else the machine does slows all of them."""

import sys
from dataclasses import dataclass, field

from compare import figures
from compare.side import Failed


@dataclass
class Results:
    """What the turns of one side came to: figures, or why there are none."""

    turns: list = field(default_factory=list)
    failure: str = None

    def seconds(self):
        return [turn.seconds for turn in self.turns]

    def cpu(self):
        return [turn.cpu for turn in self.turns]


def in_turn(run, sides, words, expected, bound, repeats=None):
    """Has each side do the same once, and again, as often as the run wants or `repeats` says.

    `sides` are pairs of a name and an open side. A side whose first turn is long gets fewer of
    them: as many as fit into the run's budget. No turn lasts longer than `bound` seconds. One that
    fails, or gives another number than `expected`, is left out from there on, and that is told.
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
            try:
                turn = side.take(words, bound)
            except Failed as failed:
                result.failure = str(failed)
                tell(f"    {name}: {failed}")
                continue
            if expected is not None and turn.check != expected:
                result.failure = f"WRONG: {turn.check} instead of {expected}"
                tell(f"    {name}: {result.failure}")
                continue
            result.turns.append(turn)
    return results


def tell(text):
    """Says how far the run is; the tables go elsewhere."""
    print(text, file=sys.stderr, flush=True)
