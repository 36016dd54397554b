"""The arithmetic, held against values worked out by hand."""

import math
import unittest

from compare import figures


class Figures(unittest.TestCase):
    def test_quartiles_fall_between_neighbours(self):
        self.assertEqual(figures.quartiles([4, 1, 3, 2]), (1.75, 2.5, 3.25))
        self.assertEqual(figures.quartiles([5]), (5, 5, 5))
        self.assertEqual(figures.quartiles([1, 2, 3, 4, 100]), (2, 3, 4))

    def test_no_values_have_no_quartiles(self):
        with self.assertRaises(ValueError):
            figures.quartiles([])

    def test_efficiency_is_the_share_of_work_in_the_workers_time(self):
        self.assertEqual(figures.efficiency(100, 0.01, 2, 0.5), 1.0)
        self.assertEqual(figures.efficiency(100, 0.01, 2, 1.0), 0.5)

    def test_the_smallest_length_is_met_on_the_way_to_the_point_below(self):
        points = [(1.0, 1.0), (0.01, 0.0)]
        self.assertAlmostEqual(figures.smallest_length(points, 0.5), 0.1)

    def test_a_length_below_an_inefficient_one_does_not_count(self):
        points = [(1.0, 0.9), (0.1, 0.4), (0.01, 0.6)]
        length = figures.smallest_length(points, 0.5)
        self.assertAlmostEqual(length, math.exp(-0.8 * math.log(10)))

    def test_what_is_never_efficient_has_no_smallest_length(self):
        self.assertIsNone(figures.smallest_length([(1.0, 0.4), (0.1, 0.1)], 0.5))

    def test_what_is_always_efficient_has_its_lowest_length(self):
        self.assertEqual(figures.smallest_length([(1.0, 0.9), (0.1, 0.8)], 0.5), 0.1)

    def test_the_longest_tasks_go_first(self):
        self.assertEqual(figures.longest_first([3, 3, 2, 2, 2], 2), 7)
        self.assertEqual(figures.longest_first([1, 1, 1, 1], 2), 2)
        self.assertEqual(figures.longest_first([10, 1, 1], 4), 10)

    def test_a_long_first_turn_is_the_only_one(self):
        self.assertEqual(figures.repeats_within(30, 20, 5), 1)
        self.assertEqual(figures.repeats_within(8, 20, 5), 2)
        self.assertEqual(figures.repeats_within(0.1, 20, 5), 5)

    def test_a_ratio_is_above_one_where_ours_takes_less(self):
        self.assertEqual(figures.ratio(2.0, 6.0), 3.0)
        self.assertEqual(figures.ratio(0.0, 6.0), math.inf)


if __name__ == "__main__":
    unittest.main()
