"""What is compared with what, how it is told, and what a request counts as."""

import unittest

from compare import counting, table
from compare.case import Case, Row, is_behind


def case(*rows):
    return Case("B0", "title", "time", list(rows))


class Cases(unittest.TestCase):
    def test_a_peer_is_compared_with_the_best_of_ours_of_its_group(self):
        peer = Row("peer", "", [6.0])
        slow, fast = (Row("ours", "", [value], role="ours") for value in (3.0, 2.0))
        other = Row("ours", "", [1.0], role="ours", group="threads")
        self.assertEqual(case(peer, slow, fast, other).to_ours(peer), 3.0)

    def test_a_row_without_figures_has_no_ratios(self):
        failed = Row("peer", "", note="has ended")
        compared = case(failed, Row("ours", "", [2.0], role="ours"))
        self.assertIsNone(compared.to_ours(failed))
        self.assertIsNone(compared.to_bound(failed))

    def test_the_bound_is_that_of_the_row_else_of_its_group_else_any(self):
        own = Row("peer", "", [6.0], bound=3.0)
        grouped, lone = Row("peer", "", [6.0]), Row("peer", "", [6.0], group="threads")
        compared = case(own, grouped, lone, Row("bound", "", [1.5], role="bound"))
        ratios = [compared.to_bound(row) for row in (own, grouped, lone)]
        self.assertEqual(ratios, [2.0, 4.0, 4.0])

    def test_a_faster_peer_of_the_same_group_is_told(self):
        ours = Row("ours", "", [2.0], role="ours")
        faster, slower = Row("faster", "", [1.0]), Row("slower", "", [3.0])
        elsewhere = Row("elsewhere", "", [1.0], group="threads")
        self.assertEqual(is_behind(case(ours, faster, slower, elsewhere)), ["faster"])

    def test_times_and_numbers_have_three_figures(self):
        times = [table.time(seconds) for seconds in (2.345, 0.01234, 1.5e-6, 2e-9, 123.4)]
        self.assertEqual(times, ["2.35 s", "12.3 ms", "1.50 µs", "2.00 ns", "123 s"])
        self.assertEqual(table.digits(1234.5), "1,234")

    def test_a_document_keeps_what_is_around_the_marks(self):
        document = f"a\n{table.BEGIN}\nold\n{table.END}\nz\n"
        new = table.between_marks(document, "new")
        self.assertEqual(new, f"a\n{table.BEGIN}\n\nnew\n\n{table.END}\nz\n")
        self.assertEqual(table.between_marks(new, "new"), new)


class Requests(unittest.TestCase):
    def kind(self, line):
        return counting.kind(f"{line} HTTP/1.1\r\nhost: h\r\n\r\n".encode())

    def test_a_request_counts_as_storages_bill_it(self):
        kinds = {
            "GET /bucket?list-type=2&prefix=a": "LIST",
            "GET /bucket/?prefix=a%2Fb": "LIST",
            "GET /bucket/key?versionId=1": "GET",
            "GET /bucket/a/b": "GET",
            "HEAD /bucket": "HEAD",
            "PUT /bucket/key": "PUT",
            "POST /bucket?delete": "DELETE",
            "POST /bucket/key?uploads": "POST",
            "DELETE /bucket/key": "DELETE",
        }
        self.assertEqual({line: self.kind(line) for line in kinds}, kinds)


if __name__ == "__main__":
    unittest.main()
