"""What `tufmirror sync` of a replica does against a malicious mirror."""

import dataclasses
import os

from malicious_mirror import MaliciousMirror
from outcome import Checks, holds_any
from world import FIX, point_at, read_live


def published(home):
    """Which tree a replica serves, and what is in it."""
    return os.readlink(home / "live"), read_live(home / "live")


def check_unchanged(checks, before, after, honest):
    """Nothing was published: the same tree is live, what was there is as it
    was. What is more is below packages/, where nothing refers to it yet, and
    is what the origin signed."""
    checks.expect(before[0] == after[0], "the same tree is live")
    changed = [path for path, data in before[1].items()
               if after[1].get(path) != data]
    checks.expect(not changed, "served files are as they were", changed)
    strange = [path for path, data in after[1].items()
               if path not in before[1] and
               (not path.startswith("packages/") or honest.get(path) != data)]
    checks.expect(not strange, "nothing unverified appeared", strange)


@dataclasses.dataclass
class SyncRefuses:
    """sync ends with `code`, names the check and the object, and serves what
    it served. A good mirror makes it whole again: nothing bad was learnt."""

    check: str  # FailureName() in base/failure.h
    names: str
    code: int = 5

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        home = lab.world.copy_replica(attack.follower(lab.world), directory,
                                      mirror.url)
        before = published(home)
        result = lab.world.program.run("sync", home)
        shown = f"exit code {result.returncode}\n{result.stderr}"
        checks.expect(result.returncode == self.code,
                      f"expected exit code {self.code}", shown)
        for words in (f"sync failed ({self.check})", self.names):
            checks.expect(words in result.stderr, f"it says {words!r}", shown)
        check_unchanged(checks, before, published(home),
                        lab.world.new.tree)
        checks.expect(not holds_any(home, lab.prints),
                      "nothing of the trojan is kept",
                      holds_any(home, lab.prints))
        if not checks.problems:
            self._heal(lab, attack, home, checks)
        return checks.outcome(f"refused: {self.check} (exit {self.code})")

    def _heal(self, lab, attack, home, checks):
        tree = attack.cure(lab.world)
        with MaliciousMirror(tree) as honest:
            point_at(home, honest.url)
            result = lab.world.program.run("sync", home)
            checks.expect(result.returncode == 0, "a good mirror heals it",
                          result.stderr)
            served = read_live(home / "live")
            checks.expect(
                served.get(f"packages/victim/{FIX}") ==
                tree[f"packages/victim/{FIX}"], "the fix is served then")


@dataclasses.dataclass
class SyncGoesOn:
    """With a good mirror beside the bad one, all is had from the good one."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        with MaliciousMirror(lab.world.new.tree) as good:
            home = lab.world.copy_replica(attack.follower(lab.world),
                                          directory, mirror.url, good.url)
            result = lab.world.program.run("sync", home)
        checks.expect(result.returncode == 0, "sync succeeds", result.stderr)
        checks.expect(mirror.requests, "the bad mirror was asked")
        served = read_live(home / "live")
        checks.expect(all(served.get(path) == data
                          for path, data in lab.world.new.tree.items()
                          if path.startswith("packages/")),
                      "all is as the origin signed it")
        checks.expect(not holds_any(home, lab.prints),
                      "nothing of the trojan is kept",
                      holds_any(home, lab.prints))
        return checks.outcome("taken from the good one (exit 0)")


@dataclasses.dataclass
class SyncRecovers:
    """What the thief of a key signed is believed, until the operator names
    another key: nothing can tell the thief from the owner before."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        home = lab.world.copy_replica(attack.follower(lab.world), directory,
                                      mirror.url)

        def sync(url, code, what):
            point_at(home, url)
            result = lab.world.program.run("sync", home)
            checks.expect(
                result.returncode == code,
                f"{what}: expected exit code {code}, got {result.returncode}",
                result.stderr)

        with MaliciousMirror(lab.world.new.tree) as before, \
                MaliciousMirror(attack.cure(lab.world)) as after:
            sync(mirror.url, 0, "the thief's metadata")
            sync(before.url, 5, "the origin's, before the rotation")
            sync(after.url, 0, "the origin's, after the rotation")
            sync(mirror.url, 5, "the thief's again")
            sync(after.url, 0, "the origin's again")
            served = read_live(home / "live")
            checks.expect(served["metadata/timestamp.json"] ==
                          after.tree["metadata/timestamp.json"],
                          "the replica has what the origin signed")
        return checks.outcome("healed by the new root; then refused (exit 5)")


@dataclasses.dataclass
class SyncLeavesOut:
    """Names that lead out of the tree are held back and reported; the rest is
    published, and nothing is written elsewhere."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        home = lab.world.copy_replica(attack.follower(lab.world), directory,
                                      mirror.url)
        result = lab.world.program.run("sync", home)
        shown = f"exit code {result.returncode}\n{result.stderr}"
        # 3, "held back": what is wrong is wrong with these names only.
        checks.expect(result.returncode == 3, "expected exit code 3", shown)
        checks.expect("unsafe target path" in result.stderr and
                      "escaped" in result.stderr, "it names them", shown)
        checks.expect((home / "live/packages/victim" / FIX).exists(),
                      "the rest is published", shown)
        escaped = [path for path in lab.work.rglob("*escaped*")
                   if path.parent.name != "%2e%2e"]
        checks.expect(not escaped, "nothing is outside of the tree", escaped)
        return checks.outcome("left out (exit 3)")
