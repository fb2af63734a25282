# SPDX-License-Identifier: MIT
"""The figures: medians with their spread, ratios of the same run, targets, and whether they are
reached."""

import statistics

HEADER = ("what", "unit", "rosterd", "relay", "peer", "ratio", "target", "reached")


def show(values):
    """What is a number shows its median and, where there are several, the least and the most; a
    text ("no answer") shows itself."""
    if not values:
        return ""
    if isinstance(values, str):
        return values
    median = f"{statistics.median(values):.4g}"
    if len(values) == 1:
        return median
    return f"{median} ({min(values):.4g} .. {max(values):.4g})"


class Target:
    """`most` or `least` of rosterd's median, or, `of` another column, of the median ratio to it."""

    def __init__(self, most=None, least=None, of=None):
        self.most, self.least, self.of = most, least, of

    def __str__(self):
        text = f"<= {self.most:,g}" if self.most is not None else f">= {self.least:,g}"
        return f"{text} x {self.of}" if self.of else text

    def is_reached(self, values):
        median = statistics.median(values)
        return median <= self.most if self.most is not None else median >= self.least


def ratios(one, other):
    """Of the same runs; empty where one of the two has none."""
    if not one or not other or isinstance(other, str) or len(one) != len(other):
        return []
    return [a / b for a, b in zip(one, other) if b]


class Table:
    """`judge`: say which targets are reached; small loads tell nothing about that."""

    def __init__(self, judge):
        self.judge = judge
        self.rows = []

    def add(self, what, unit, figures, target=None, compare=("relay", "peer")):
        """`figures`: by column, a value of each run, or a text. `compare`: the columns, or other
        keys of `figures` (which have no column), that rosterd is divided by."""
        own = figures.get("rosterd", [])
        quotients = {name: ratios(own, figures.get(name)) for name in compare}
        judged = quotients.get(target.of, []) if target and target.of else own
        reached = ""
        if self.judge and target and judged:
            reached = "yes" if target.is_reached(judged) else "NO"
        ratio = ", ".join(f"{statistics.median(values):.3g} x {name}"
                          for name, values in quotients.items() if values)
        row = (what, unit, show(own), show(figures.get("relay")), show(figures.get("peer")), ratio,
               str(target or ""), reached)
        self.rows.append(row)
        cells = [f"{name} {cell}" for name, cell in zip(HEADER[2:], row[2:]) if cell]
        print(f"   {what}, {unit}: {'; '.join(cells)}", flush=True)

    def __str__(self):
        widths = [max(len(row[i]) for row in [HEADER, *self.rows]) for i in range(len(HEADER))]
        lines = [HEADER, tuple("-" * width for width in widths), *self.rows]
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
            for line in lines)
