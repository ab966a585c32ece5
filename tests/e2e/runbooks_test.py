#!/usr/bin/env python3
"""Every runbook of docs/keys.md, as an operator would follow it, while readers
watch."""

import contextlib
import shutil

from e2e_support import (Javascript, Program, build_wheel, parse_options,
                         work_directory)
from reader_witnesses import Site, Witnesses, timestamp_version
from runbook import Runbook
from tap import Tap


class Scene:
    """An origin with a release, its site, and readers who have seen it."""

    def __init__(self, tap, options, program, javascript, work):
        self.tap = tap
        self.program = program
        self.javascript = javascript
        self.work = work
        self.srv = work / "srv"
        self.home = self.srv / "origin"
        self.usb = work / "usb"
        for directory in (self.srv, self.usb, work / "backup"):
            directory.mkdir(parents=True)
        self.site = Site(program)
        self.places = {"/srv": self.srv, "/media/usb": self.usb,
                       "/backup": work / "backup",
                       "https://mirror.example/": self.site.url}
        self.runbook = Runbook(tap, options.source_root, program, work,
                               self.places)
        self.witnesses = None

    def make_origin(self, *options):
        self.release("1.0")
        root = self.program.make_origin(
            self.tap, self.home, self.srv / "wheels", "--key-dir",
            self.srv / "keys", *options)
        self.site.serve(self.home)
        self.witnesses = Witnesses(self.tap, self.program, self.javascript,
                                   self.work, self.site.url, root)
        self.witnesses.all_follow("before", self.home)

    def release(self, version):
        build_wheel(self.srv / "wheels", "alpha_demo", version)

    def sync(self, name):
        self.program.check(self.tap, name, "sync", self.home)


@contextlib.contextmanager
def scene(tap, options, program, javascript, work):
    made = Scene(tap, options, program, javascript, work)
    with made.site:
        yield made


def check_rehearsal(it):
    it.make_origin()
    it.runbook.run("Rehearse")
    it.witnesses.all_follow("after the rehearsal", it.home)


def check_restore(it):
    it.make_origin()
    it.runbook.run("Runbook: back up an origin")
    for version in ("1.1", "1.2"):
        it.release(version)
        it.sync(f"{version} is published after the backup")
    it.witnesses.all_follow("before the loss", it.home)
    seen = timestamp_version(it.home)

    def watch(number, _):
        if number == 3:
            it.site.serve(it.home)
            it.witnesses.all_refuse("the backup is served as it is", "rollback")
            it.site.stop()

    with it.program.serve(it.witnesses.replica) as replica:
        it.places["https://replica.example/"] = replica
        it.runbook.run("Runbook: restore an origin from a backup", watch)
    it.site.serve(it.home)
    it.witnesses.all_follow("after the restore", it.home)
    it.tap.check("versions went up", timestamp_version(it.home) > seen,
                 timestamp_version(it.home))
    it.release("1.3")
    it.sync("the next release after the restore")
    it.witnesses.all_follow("one release later", it.home)


def check_move(it):
    """The two machines have the same paths: one at a time is at work/srv."""
    machines = {name: it.work / "machines" / name for name in ("old", "new")}
    for directory in machines.values():
        directory.mkdir(parents=True)
    it.srv.rmdir()
    it.srv.symlink_to(machines["old"])
    it.make_origin()

    def turn_to(_, step):
        it.srv.unlink()
        it.srv.symlink_to(machines[step.machine])
        if step.machine == "new" and not (it.srv / "wheels").exists():
            it.site.serve(machines["old"] / "origin")
            it.witnesses.all_follow("while it moves", machines["old"] / "origin")
            shutil.copytree(machines["old"] / "wheels", it.srv / "wheels")

    it.runbook.run("Runbook: move an origin to a new machine", turn_to)
    it.site.serve(it.home)
    it.witnesses.all_follow("after the move", it.home)
    it.release("1.1")
    it.sync("the first release of the new machine")
    it.witnesses.all_follow("one release later", it.home)
    it.tap.check("nothing is left on the stick", not (
        it.usb / "online.pem").exists())
    it.tap.check("the old machine has no key",
                 not (machines["old"] / "keys/online.pem").exists())


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    javascript = Javascript(options.source_root, options.build_root)
    with work_directory() as work:
        for check in (check_rehearsal, check_restore, check_move):
            with scene(tap, options, program, javascript,
                       work / check.__name__) as it:
                check(it)
    tap.finish()


if __name__ == "__main__":
    main()
