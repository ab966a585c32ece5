#!/usr/bin/env python3
"""A real pip installs through a guard, and prints why it may not."""

import contextlib
import os
import signal
import subprocess
import urllib.request

from e2e_support import (TIMEOUT, Program, build_wheel, change_byte,
                         clean_environment, describe, parse_options,
                         running_server, sha256, work_directory)
from pip_install_test import USE, Pip, build_distributions
from tap import Tap

ALPHA = "alpha_demo-1.0-py3-none-any.whl"
BETA = "beta_demo-1.1-py3-none-any.whl"


class Guards:
    """Guards of one mirror, each with a cache of its own unless told."""

    def __init__(self, program, work, mirror, root):
        self.program = program
        self.work = work
        self.arguments = ["guard", "--mirror", mirror, "--root", str(root),
                          "--refresh", "0s"]
        self.count = 0

    def command(self, *options, cache=None):
        self.count += 1
        return [self.program.path, *self.arguments, "--cache",
                str(cache or self.work / f"cache-{self.count}"),
                *map(str, options)]

    def start(self, *options, cache=None):
        return running_server(self.command(*options, cache=cache),
                              clean_environment())


def install(pip, url, name, *options):
    return pip.run("install", url, "--target", pip.work / name, *options)


def check_install(tap, pip, guards, distributions):
    cache = guards.work / "kept"
    with guards.start(cache=cache) as url:
        result = install(pip, url, "installed", "Alpha.Demo")
        tap.check("pip installs through the guard", result.returncode == 0,
                  describe(result))
        used = pip.run_python("-c", USE,
                              PYTHONPATH=str(pip.work / "installed"))
        tap.equal("what was installed works", used.stdout, "1.0 1.1\n")
        directory = pip.work / "downloaded"
        result = pip.run("download", url, "--dest", directory, "alpha-demo")
        tap.equal("pip downloads what was published",
                  {file.name: sha256(file.read_bytes())
                   for file in directory.glob("*")},
                  {name: sha256((distributions / name).read_bytes())
                   for name in (ALPHA, BETA)})
        result = install(pip, url, "absent", "no-such-demo")
        tap.check("pip finds no absent project", result.returncode != 0 and
                  "no-such-demo" in result.stderr, describe(result))
    with guards.start("--offline", cache=cache) as url:
        result = install(pip, url, "offline", "alpha-demo")
        tap.check("pip installs offline what is in the cache",
                  result.returncode == 0, describe(result))


def check_refused(tap, pip, url, name, requirement, *words):
    result = install(pip, url, name.replace(" ", "-"), requirement)
    output = " ".join((result.stdout + result.stderr).split())
    tap.check(f"{name}: pip refuses", result.returncode != 0, describe(result))
    for word in words:
        tap.check(f"{name}: pip says {word!r}", word in output,
                  describe(result))


def check_policy(tap, pip, guards, distributions):
    with guards.start("--only", "beta-*") as url:
        result = install(pip, url, "only", "beta-demo")
        tap.check("an allowed project installs", result.returncode == 0,
                  describe(result))
        check_refused(tap, pip, url, "another project", "alpha-demo",
                      "tufmirror guard refuses simple/alpha-demo: policy")
    hashes = guards.work / "requirements.txt"
    digest = sha256((distributions / ALPHA).read_bytes())
    hashes.write_text(f"alpha-demo==1.0 --hash=sha256:{digest}\n",
                      encoding="utf-8")
    with guards.start("--hashes", hashes) as url:
        result = install(pip, url, "hashed", "--no-deps", "alpha-demo")
        tap.check("a listed file installs", result.returncode == 0,
                  describe(result))
        check_refused(tap, pip, url, "a file that is not listed", "beta-demo",
                      "No matching distribution found for beta-demo")


def check_attacks(tap, pip, guards, home):
    """Each with a guard that has nothing in its cache."""
    change_byte(home / "packages/beta-demo" / BETA)
    with guards.start() as url:
        check_refused(tap, pip, url, "changed wheel", "beta-demo",
                      "403 Client Error: tufmirror guard refuses",
                      f"packages/beta-demo/{BETA}", "digest check")
    # By their prefixed names; the plain ones are the same files.
    for page in (home / "live/simple/alpha-demo").glob("*.index.*"):
        change_byte(page)
    with guards.start() as url:
        check_refused(tap, pip, url, "changed page", "alpha-demo",
                      "tufmirror guard refuses simple/alpha-demo: digest check")


def check_dead_mirror(tap, pip, guards):
    with guards.start() as url:
        check_refused(tap, pip, url, "dead mirror", "alpha-demo",
                      "tufmirror guard refuses simple/alpha-demo: network")


def check_end(tap, guards):
    for end in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            guards.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=clean_environment())
        line = process.stdout.readline().decode().strip()
        url = line.rpartition(" ")[2]
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}simple/", timeout=TIMEOUT).close()
        process.send_signal(end)
        tap.equal(f"{end.name} ends the guard well",
                  process.wait(timeout=TIMEOUT), 0)
        process.stdout.close()


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    os.environ.pop("PIP_INDEX_URL", None)
    with work_directory() as work:
        distributions = work / "distributions"
        build_distributions(distributions)
        build_wheel(distributions, "gamma_demo", "1.0")
        home = work / "origin"
        root = program.make_origin(tap, home, distributions)
        pip = Pip(work)
        with program.serve(home) as mirror:
            guards = Guards(program, work, mirror, root)
            check_install(tap, pip, guards, distributions)
            check_policy(tap, pip, guards, distributions)
            check_end(tap, guards)
            check_attacks(tap, pip, guards, home)
        check_dead_mirror(tap, pip, guards)
        result = program.run("guard", "--mirror", mirror, "--root", root,
                             "--cache", work / "cache", "--listen",
                             "0.0.0.0:0")
        tap.check("the guard listens on loopback only",
                  result.returncode == 2 and "loopback" in result.stderr,
                  describe(result))
    tap.finish()


if __name__ == "__main__":
    main()
