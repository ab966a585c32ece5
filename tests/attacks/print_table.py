#!/usr/bin/env python3
"""Prints the attacks as a table that a person can read, row by row as they
end. The exit status is 1 if anything was not as it should be."""

import argparse
import sys
import textwrap

import e2e_path  # first: where e2e_support is
import laboratory
from e2e_support import Program, work_directory

RED, GREEN, PLAIN = "\033[31m", "\033[32m", "\033[0m"
WIDTHS = (36, 26, 26, 28)


class Table:
    """Cells are wrapped to their columns. Colours only on a terminal."""

    def __init__(self, out):
        self.out = out
        self.coloured = out.isatty()

    def row(self, cells, colours=(PLAIN,) * len(WIDTHS)):
        lines = [textwrap.wrap(cell, width) for cell, width in
                 zip(cells, WIDTHS)]
        for number in range(max(map(len, lines))):
            shown = [self._cell(lines[column][number:number + 1], column,
                                colours[column])
                     for column in range(len(cells))]
            self.out.write("  ".join(shown).rstrip() + "\n")
        self.out.flush()

    def _cell(self, text, column, colour):
        padded = (text[0] if text else "").ljust(WIDTHS[column])
        if not self.coloured or colour == PLAIN:
            return padded
        return f"{colour}{padded}{PLAIN}"

    def rule(self):
        self.row(["-" * width for width in WIDTHS])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    table = Table(sys.stdout)
    problems = []
    with work_directory() as work:
        lab = laboratory.Laboratory(work, Program(options.program))
        table.row(("attack",) + laboratory.COLUMNS)
        table.rule()
        for attack, row in lab.run_all():
            outcomes = list(row.values())
            cells = [attack.name] + [cell.text for cell in outcomes]
            table.row(cells,
                      [PLAIN, RED] + [RED if cell.problems else GREEN
                                      for cell in outcomes[1:]])
            problems += [f"{attack.name}: {column}: {problem}"
                         for column, cell in row.items()
                         for problem in cell.problems]
    table.rule()
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
