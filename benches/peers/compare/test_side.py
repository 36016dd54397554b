"""A side that answers, one that fails, and one that is too slow."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

from compare.side import Failed, Side

ANSWERS = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    word = line.strip()
    if word == "silence":
        continue
    print("error=refused" if word == "fail" else "seconds=0.5 check=7", flush=True)
"""


class Sides(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        command = [sys.executable, "-c", ANSWERS]
        self.side = Side(command, dict(os.environ), Path(folder.name))
        self.addCleanup(self.side.end)
        self.side.wait_ready(30)

    def test_a_turn_has_what_the_side_says_of_it(self):
        turn = self.side.take("map 1 1", 30)
        self.assertEqual((turn.seconds, turn.check), (0.5, 7))

    def test_a_turn_that_fails_leaves_the_side_at_work(self):
        with self.assertRaisesRegex(Failed, "refused"):
            self.side.take("fail", 30)
        self.assertEqual(self.side.take("map 1 1", 30).check, 7)

    def test_a_late_answer_is_never_taken_for_that_of_another_turn(self):
        with self.assertRaisesRegex(Failed, "no answer within 0 s"):
            self.side.take("silence", 0.05)
        with self.assertRaisesRegex(Failed, "no answer within 0 s"):
            self.side.take("map 1 1", 30)
        self.assertEqual(self.side.group.processes(), [])

    def test_a_side_that_was_ended_takes_no_turn(self):
        self.assertTrue(self.side.end())
        with self.assertRaisesRegex(Failed, "was ended"):
            self.side.take("map 1 1", 30)


if __name__ == "__main__":
    unittest.main()
