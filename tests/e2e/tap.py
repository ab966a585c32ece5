"""Test Anything Protocol: one line for each check, read by meson test."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, condition, detail=""):
        self.count += 1
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}",
              flush=True)
        if not condition:
            self.failed += 1
            for line in str(detail).splitlines():
                print(f"# {line}", flush=True)

    def equal(self, name, got, expected):
        self.check(name, got == expected,
                   f"expected {expected!r}\ngot      {got!r}")

    def finish(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed or self.count == 0 else 0)
