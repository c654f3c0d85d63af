"""The best one-to-one assignment over a sparse table of scores."""

import heapq
from collections import deque
from collections.abc import Mapping

Scores = Mapping[int, Mapping[int, float]]
"""Row -> column -> score above 0; what is absent is no option."""

MOST_STEPS = 400_000
"""Edges looked at in one table. Pages that people write need a few per edge; a hostile one ends here."""


def best_assignment(scores: Scores, most_steps: int = MOST_STEPS) -> dict[int, int]:
    """Row -> column, each used once, with the highest sum of scores; a row may stay without.

    Successive cheapest augmenting paths with potentials (Jonker and Volgenant's way, kept sparse). When `most_steps`
    edges have been looked at, the rows that are left take the best column still free, highest score first.
    """
    table = _Table(scores)
    steps = 0
    left = deque(sorted(scores, key=lambda row: -max(scores[row].values(), default=0)))
    while left and steps < most_steps:
        steps += table.place(left.popleft())
    options = [(score, row, column) for row in left for column, score in scores[row].items()]
    for _, row, column in sorted(options, key=lambda option: -option[0]):
        if row not in table.column_of and column not in table.row_of:
            table.column_of[row], table.row_of[column] = column, row
    return table.column_of


class _Table:
    """Costs are 1 - score and up; staying without costs `_without`, which no path through real columns exceeds."""

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self.column_of: dict[int, int] = {}
        self.row_of: dict[int, int] = {}
        self.row_price: dict[int, float] = {row: max(options.values(), default=0) for row, options in scores.items()}
        self.column_price: dict[int, float] = {}

    def place(self, start: int) -> int:
        """Give `start` a column, moving others along the cheapest path; returns how many edges were looked at."""
        steps = 0
        reached: dict[int, float] = {}
        came: dict[int, int] = {}
        done_rows: dict[int, float] = {}
        queue: list[tuple[float, int, int]] = [(0.0, -1, start)]  # cost, column by which it came, row
        # The cheapest way to end: at a free column, or by leaving a row without one (its score is lost).
        end_cost, end_row, end_column = float("inf"), start, -1
        settled: dict[int, float] = {}
        while queue:
            cost, column, row = heapq.heappop(queue)
            if cost >= end_cost:
                break
            if row in done_rows:
                continue
            done_rows[row] = cost
            if column >= 0:
                settled[column] = cost
            if cost + self.row_price[row] < end_cost:
                end_cost, end_row, end_column = cost + self.row_price[row], row, -1
            for other, score in self.scores[row].items():
                steps += 1
                next_cost = cost + self.row_price[row] + self.column_price.get(other, 0.0) - score
                holder = self.row_of.get(other)
                if holder in done_rows or next_cost >= min(reached.get(other, float("inf")), end_cost):
                    continue  # a hair less, by rounding, must not turn a settled path into a circle
                reached[other], came[other] = next_cost, row
                if holder is None:
                    end_cost, end_row, end_column = next_cost, row, other
                else:
                    heapq.heappush(queue, (next_cost, other, holder))
        self._reprice(done_rows, settled, end_cost)
        self._augment(came, start, end_row, end_column)
        return steps

    def _reprice(self, rows: dict[int, float], columns: dict[int, float], end: float) -> None:
        for row, cost in rows.items():
            self.row_price[row] -= end - cost
        for column, cost in columns.items():
            self.column_price[column] = self.column_price.get(column, 0.0) + end - cost

    def _augment(self, came: dict[int, int], start: int, row: int, column: int) -> None:
        while True:
            before = self.column_of.pop(row, -1)
            if column >= 0:
                self.column_of[row], self.row_of[column] = column, row
            if row == start:
                return
            column, row = before, came[before]
