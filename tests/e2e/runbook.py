"""A runbook of docs/keys.md: the commands that it shows are run, and what they
print is held against what it says they print."""

import pathlib
import re
import subprocess

from e2e_support import TIMEOUT, clean_environment, describe

# What differs from one execution to the next.
VARIABLE = re.compile(r"[0-9a-f]{64}|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\dZ)?)?"
                      r"|\b[0-9a-f]{12}\b|\d+")
# A stand-in for what is no part of the product.
STUB = "#!/bin/sh\necho \"$0 $*\" >> {log}\n"


class Step:
    def __init__(self, label, machine):
        self.label = label
        self.machine = machine  # second word of the fence, "" if there is none
        self.commands = []      # (command, [expected line])


def read_steps(text, heading):
    """The steps of one section: one for each block of commands."""
    start = text.index(f"\n## {heading}\n")
    end = text.find("\n## ", start + 1)
    steps, step, label = [], None, heading
    for line in text[start:end if end > 0 else len(text)].splitlines():
        if number := re.match(r"(\d+)\. ", line):
            label = f"{heading}, step {number.group(1)}"
        fence = re.match(r" *```(.*)$", line)
        if fence and step is None and fence.group(1).startswith("console"):
            words = fence.group(1).split()
            indent = len(line) - len(line.lstrip())
            step = Step(label, words[1] if len(words) > 1 else "")
        elif fence and step is not None:
            steps.append(step)
            step = None
        elif step is not None and line[indent:].startswith("$ "):
            step.commands.append((line[indent + 2:], []))
        elif step is not None:
            step.commands[-1][1].append(line[indent:])
    return steps


def form_of(text):
    """Which kind of changing text it is."""
    if re.fullmatch(r"\d+", text) and len(text) not in (12, 64):
        return r"\d+"
    if "-" in text:
        return r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\dZ)?)?"
    return rf"[0-9a-f]{{{len(text)}}}"


def pattern_of(line):
    """A regular expression for a line of what is printed."""
    parts = []
    for part in line.split("..."):
        pattern, at = "", 0
        for found in VARIABLE.finditer(part):
            pattern += re.escape(part[at:found.start()])
            pattern += form_of(found.group())
            at = found.end()
        parts.append(pattern + re.escape(part[at:]))
    return ".*".join(parts)


def prints_as(expected, printed):
    """Whether the lines are those; "..." alone is any number of lines."""
    pattern = "".join(
        "(?:.*\n)*" if line.strip() == "..." else pattern_of(line) + "\n"
        for line in expected)
    return re.fullmatch(pattern, printed) is not None


class Runbook:
    """The commands run with other paths and URLs than those of the page:
    `places` maps the page's to the test's, longer ones first."""

    def __init__(self, tap, source_root, program, work, places, variables):
        self.tap = tap
        self.text = pathlib.Path(source_root, "docs/keys.md").read_text(
            encoding="utf-8")
        self.places = places
        self.variables = variables  # of the environment
        self.bin = work / "bin"
        self.log = work / "stub.log"
        self.bin.mkdir()
        (self.bin / "tufmirror").symlink_to(program.path)
        stub = self.bin / "systemctl"
        stub.write_text(STUB.format(log=self.log), encoding="utf-8")
        stub.chmod(0o755)

    def local(self, command):
        for page, here in self.places.items():
            command = command.replace(page, str(here))
        return command

    def run(self, heading, before=None):
        """Runs every step; `before(number, step)` is called ahead of each."""
        steps = read_steps(self.text, heading)
        self.tap.check(f"{heading}: has commands", len(steps) > 0)
        for number, step in enumerate(steps, 1):
            if before is not None:
                before(number, step)
            for command, expected in step.commands:
                self.run_command(step.label, command, expected)

    def run_command(self, label, command, expected):
        environment = clean_environment(**self.variables)
        environment["PATH"] = f"{self.bin}:{environment['PATH']}"
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.local(command)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            encoding="utf-8", timeout=TIMEOUT, env=environment, check=False)
        said = f"{self.local(command)}\n{describe(result)}"
        self.tap.check(f"{label}: {command}", result.returncode == 0, said)
        printed = result.stdout + result.stderr
        self.tap.check(
            f"{label}: it prints what the page says",
            prints_as([self.local(line) for line in expected], printed),
            f"{said}\nexpected:\n" + "\n".join(expected))
