#!/usr/bin/env python3
"""The runbooks of docs/keys.md that need no offline key, as an operator would
follow them, while readers watch."""

import shutil

from reader_witnesses import timestamp_version
from runbook_scene import run_scenes


def check_rehearsal(it):
    it.make_origin()
    it.runbook.run("Rehearse")
    it.witnesses.all_follow("after the rehearsal", it.home)


def check_restore(it):
    """With claims, so that a role beside the bins comes anew too."""
    it.make_origin("--claims")
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


if __name__ == "__main__":
    run_scenes([check_rehearsal, check_restore, check_move])
