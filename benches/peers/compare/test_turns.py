"""Turns that are done several times in a row."""

import unittest
from types import SimpleNamespace

from compare.turns import in_turn


class Counted:
    """A side whose turns take as long as they are told, and count themselves."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.taken = 0

    def take(self, words, bound):
        self.taken += 1
        return SimpleNamespace(seconds=self.seconds, cpu=0.0, check=self.taken)


class Bursts(unittest.TestCase):
    def turns(self, seconds, burst):
        side = Counted(seconds)
        run = SimpleNamespace(repeats=2, budget=60)
        results = in_turn(run, [("side", side)], "map", None, 1, burst=burst)
        return side.taken, [turn.check for turn in results["side"].turns]

    def test_the_first_of_a_row_does_not_count(self):
        self.assertEqual(self.turns(0.001, 3), (6, [2, 3, 5, 6]))

    def test_what_takes_long_is_done_once(self):
        self.assertEqual(self.turns(0.05, 3), (2, [1, 2]))

    def test_a_row_of_one_counts(self):
        self.assertEqual(self.turns(0.001, 1), (2, [1, 2]))


if __name__ == "__main__":
    unittest.main()
