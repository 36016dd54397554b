"""The way down to the smallest task, on systems whose cost of a task is known."""

import unittest
from types import SimpleNamespace

from compare import figures
from compare.parts import granularity
from compare.side import Failed, Measured


class Costing:
    """A system of two workers on which each task costs so many seconds beside its work."""

    def __init__(self, cost):
        self.cost, self.lengths = cost, []

    def take(self, words, bound):
        _, tasks, nanoseconds, _ = words.split()
        tasks, length = int(tasks), int(nanoseconds) / 1e9
        self.lengths.append(length)
        return Measured(tasks * (length + self.cost) / 2, 0.0, tasks)


class Granularity(unittest.TestCase):
    run_whole = SimpleNamespace(some=lambda whole, quick: whole)

    def found(self, cost, first):
        side = Costing(cost)
        points = granularity._climb_down(self.run_whole, side, "1", first)
        return side, [figures.smallest_length(points, wanted) for wanted in (0.95, 0.5)]

    def test_the_smallest_task_is_as_long_as_what_it_costs(self):
        for cost in (2e-5, 3e-3, 0.04):
            _, (nearly_all, half) = self.found(cost, 10**7)
            self.assertAlmostEqual(half / cost, 1, delta=0.1)
            # Between two lengths the way is bent, here the most.
            self.assertAlmostEqual(nearly_all / cost, 19, delta=19 / 6)

    def test_the_way_ends_once_less_than_half_is_work(self):
        side, _ = self.found(1e-4, 10**7)
        self.assertEqual(sum(length < 1e-4 for length in side.lengths), 1)

    def test_what_costs_nothing_is_not_tried_below_the_shortest(self):
        side, (_, half) = self.found(0.0, 10**6)
        self.assertAlmostEqual(half, 1e-6)
        self.assertAlmostEqual(min(side.lengths), 1e-6)

    def test_what_is_never_efficient_has_no_figure(self):
        side, found = self.found(5.0, 10**9)
        self.assertEqual(found, [None, None])
        self.assertEqual(len(side.lengths), 1)

    def test_a_wrong_result_is_no_point(self):
        side = SimpleNamespace(take=lambda words, bound: Measured(1.0, 0.0, 3))
        with self.assertRaises(Failed):
            granularity._climb_down(self.run_whole, side, "1", 10**9)


if __name__ == "__main__":
    unittest.main()
