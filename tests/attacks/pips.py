"""Real pips, each with one index and nobody's settings, and what they leave
behind."""

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from e2e_support import TIMEOUT, clean_environment
from world import MARK


@dataclasses.dataclass
class Run:
    """How one program ended; code None: it was stopped after its time."""

    code: int
    output: str
    peak_memory: int  # bytes

    def describe(self):
        return f"exit code {self.code}\n{self.output[-3000:]}"


def run_for(seconds, command, environment, log, directory):
    """Runs a program for at most so long, then stops it and its children."""
    with open(log, "w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, env=environment,
            cwd=directory, start_new_session=True)
        deadline = time.monotonic() + seconds
        stopped = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            if not stopped and time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                stopped = True
            time.sleep(0.02)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Run(None if stopped else code, output.read(),
                   usage.ru_maxrss * 1024)


class Pip:
    """One pip. `python`: the interpreter that has it."""

    def __init__(self, python, work):
        self.python = str(python)
        self.work = work
        self.environment = clean_environment(
            HOME=str(work), XDG_CACHE_HOME=str(work / "cache"),
            PIP_CONFIG_FILE=os.devnull, PIP_NO_INPUT="1",
            PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_RETRIES="0",
            PIP_ROOT_USER_ACTION="ignore", PYTHONDONTWRITEBYTECODE="1",
            LC_ALL="C.UTF-8")

    def version(self):
        """Such as "23.0.1"; empty if there is none."""
        result = subprocess.run(
            [self.python, "-m", "pip", "--version"], capture_output=True,
            text=True, timeout=TIMEOUT, env=self.environment, check=False)
        words = result.stdout.split()
        return words[1] if result.returncode == 0 and len(words) > 1 else ""

    def install(self, url, directory, *words, seconds=TIMEOUT):
        """Into directory/site. What is built and says so marks
        directory/mark."""
        directory.mkdir(parents=True, exist_ok=True)
        environment = {**self.environment,
                       MARK: str(directory / "mark")}
        return run_for(
            seconds, [self.python, "-m", "pip", "install", "--no-cache-dir",
                      "--no-compile", "--target", directory / "site",
                      "--index-url", f"{url}simple/", *words], environment,
            directory / "pip.log", directory)

    def use(self, directory, module):
        """What an installed module says of its version; its trojan, if it is
        one, leaves directory/mark. None if it is not there."""
        environment = {**self.environment, MARK: str(directory / "mark"),
                       "PYTHONPATH": str(directory / "site")}
        result = subprocess.run(
            [self.python, "-c", f"import {module}; print({module}.VERSION)"],
            capture_output=True, text=True, timeout=TIMEOUT, env=environment,
            cwd=directory, check=False)
        return result.stdout.strip() if result.returncode == 0 else None


def make_pip(work):
    """This Python's pip; if it has none, that of a virtual environment."""
    pip = Pip(sys.executable, work)
    if pip.version():
        return pip
    environment = clean_environment(HOME=str(work))
    subprocess.run([sys.executable, "-m", "venv", str(work / "venv")],
                   check=True, timeout=TIMEOUT, env=environment,
                   capture_output=True)
    return Pip(work / "venv/bin/python", work)


def _interpreters():
    """Further Pythons of this machine: the system's, those on the PATH, and
    those that pyenv keeps."""
    for directory in ("/usr/bin", "/usr/local/bin"):
        yield from sorted(pathlib.Path(directory).glob("python3"))
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True,
                              text=True, check=False).stdout.strip()
        yield from sorted(pathlib.Path(root).glob("versions/3.*/bin/python"))


def other_pips(work, known):
    """{version: Pip}, one for each version but those in `known`."""
    found = {}
    for python in _interpreters():
        pip = Pip(python, work)
        version = pip.version()
        if version and version not in known and version not in found:
            found[version] = pip
    return found
