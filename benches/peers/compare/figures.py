"""The arithmetic of the comparison. Pure; held by `test_figures.py`."""

import heapq
import math


def quartiles(values):
    """First quartile, median, third quartile; between its neighbours where one falls there."""
    if not values:
        raise ValueError("there are no values")
    ordered = sorted(values)

    def at(part):
        place = part * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return at(0.25), at(0.5), at(0.75)


def median(values):
    return quartiles(values)[1]


def efficiency(tasks, seconds_each, workers, seconds):
    """How much of the workers' time was work: 1 where nothing but the tasks took time."""
    return tasks * seconds_each / (workers * seconds)


def smallest_length(points, wanted):
    """The smallest length of a task at which a system is so efficient (METG), or `None`.

    `points` are pairs of a length and an efficiency. What counts is the lowest length above which
    no point is less efficient, and from there on the way to the next point below, by logarithms of
    lengths. If no point below is less efficient, it is the lowest length itself: an upper bound.
    """
    lowest = None
    for length, value in sorted(points, reverse=True):
        if value >= wanted:
            lowest = (length, value)
            continue
        if lowest is None:
            return None
        way = (lowest[1] - wanted) / (lowest[1] - value)
        return math.exp(math.log(lowest[0]) + way * (math.log(length) - math.log(lowest[0])))
    return lowest[0] if lowest else None


def longest_first(durations, workers):
    """The makespan if the longest task that is left always goes to the worker that is free first.

    At most a third above the least there is, and never below it: also held to the sum over the
    workers and to the longest task, which no schedule can undercut.
    """
    free = [0.0] * workers
    for duration in sorted(durations, reverse=True):
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


def repeats_within(first, budget, wanted):
    """How many turns there are to be if the first took so long: at least that one."""
    if first <= 0:
        return wanted
    return max(1, min(wanted, int(budget // first)))


def ratio(ours, theirs):
    """How many times as much theirs is; above 1 where ours takes less."""
    return theirs / ours if ours > 0 else math.inf
