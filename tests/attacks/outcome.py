"""What came of one cell of the table."""

import dataclasses
import os


@dataclasses.dataclass
class Outcome:
    """`text` is for the table; no problems: what was expected happened."""

    text: str
    problems: list


class Checks:
    """Collects what is not as expected."""

    def __init__(self):
        self.problems = []

    def expect(self, condition, what, detail=""):
        if not condition:
            self.problems.append(f"{what}\n{detail}".strip())

    def outcome(self, text):
        return Outcome(text if not self.problems else "NOT AS EXPECTED",
                       self.problems)


def holds_any(directory, prints):
    """Files below `directory` that have any of these pieces of bytes."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    data = file.read()
                if any(piece in data for piece in prints):
                    found.append(path)
    return found
