#!/usr/bin/env python3
"""Every attack, on pip alone, on pip with the guard and on a replica: the harm
is asserted, and that it is averted. Prints TAP, one line for each cell of the
table; scripts/attack-demo prints the same as a table."""

import e2e_path  # first: where e2e_support is
import laboratory
from e2e_support import Program, parse_options, work_directory
from tap import Tap


def main():
    options = parse_options()
    tap = Tap()
    with work_directory() as work:
        lab = laboratory.Laboratory(work, Program(options.program))
        for attack, row in lab.run_all():
            for column, outcome in row.items():
                tap.check(f"{attack.name}: {column}: {outcome.text}",
                          not outcome.problems, "\n".join(outcome.problems))
    tap.finish()


if __name__ == "__main__":
    main()
