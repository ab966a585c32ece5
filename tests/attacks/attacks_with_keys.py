"""Attacks by somebody who has stolen keys. Fewer root keys than must sign are
worth nothing; the keys of timestamp and snapshot are not worth a file; what
the online key did is undone by rotating it."""

from attack import Attack, forged_tree, put_fix, trojan_for_installers
from forger import FAR_FUTURE, Repository
from guard_column import GuardLeavesOut, GuardRecovers, GuardRefuses
from pip_column import TrojanRuns
from replica_column import SyncLeavesOut, SyncRecovers, SyncRefuses

TOP_ROLES = ("root", "timestamp", "snapshot", "targets")


def one_root_key(world):
    """Two of three must sign a new root; the thief has one of them."""
    repository = Repository(forged_tree(world, world.attacker))
    for role in TOP_ROLES:
        repository.root["roles"][role]["threshold"] = 1
        repository.replace_keys(role, world.attacker)
    repository.put_root(world.root_keys[0], world.attacker)
    return repository.tree


def with_front_key(world):
    """An origin whose timestamp and snapshot have another key than the
    bins."""
    repository = Repository(world.new.tree)
    for role in ("timestamp", "snapshot"):
        repository.replace_keys(role, world.front)
    repository.put_root(*world.root_keys[:2])
    return repository


def stolen_front_key(world):
    """The thief signs a bin, snapshot and timestamp; the bin is another
    key's."""
    repository = with_front_key(world)
    put_fix(repository, world.trojan, world.front)
    repository.put_snapshot(world.front)
    repository.put_timestamp(world.front)
    return repository.tree


def after_front_key(world):
    """What the origin signs next: versions above those of the thief."""
    repository = with_front_key(world)
    resign_bins(repository, world.online,
                version=repository.snapshot["version"] + 10)
    repository.put_snapshot(world.front)
    repository.put_timestamp(world.front,
                             version=repository.snapshot["version"])
    return repository.tree


def resign_bins(repository, key, version=None):
    repository.snapshot["version"] = version or repository.snapshot["version"]
    for name in list(repository.snapshot["meta"]):
        role = name.removesuffix(".json")
        if role.startswith("bin-"):
            repository.put_role(role, repository.role(role), key)


def fast_forwarded(world):
    """Signed with the stolen online key: what the origin says, with versions
    that it will never reach."""
    repository = Repository(world.new.tree)
    resign_bins(repository, world.online, version=FAR_FUTURE - 1)
    repository.put_snapshot(world.online, version=FAR_FUTURE)
    repository.put_timestamp(world.online, version=FAR_FUTURE)
    return repository.tree


def rotated(world):
    """The origin afterwards: root and bins name a new online key, signed by
    root keys and by the key of bins, and versions go on where they were."""
    repository = Repository(world.new.tree)
    bins = repository.role("bins")
    bins["delegations"]["keys"] = {world.fresh.keyid: world.fresh.public}
    bins["delegations"]["succinct_roles"]["keyids"] = [world.fresh.keyid]
    for role in ("timestamp", "snapshot"):
        repository.replace_keys(role, world.fresh)
    repository.put_root(*world.root_keys[:2])
    repository.put_role("bins", bins, world.bins_key)
    resign_bins(repository, world.fresh)
    repository.put_snapshot(world.fresh)
    repository.put_timestamp(world.fresh)
    return repository.tree


# Those that the bins may list, by the patterns of their delegation, and those
# that they may not. The last is a strange name, but leads nowhere.
ESCAPES = ("packages/../escaped", "packages/./escaped", "packages//escaped",
           "simple/../escaped", "packages/victim/..",
           "packages/victim/..\\escaped", "packages/../../../escaped",
           "/escaped", "packages/%2e%2e/escaped")


def escaping_names(world):
    """Signed with the stolen online key: targets whose names lead out of the
    tree."""
    repository = Repository(world.new.tree)
    for path in ESCAPES:
        repository.put_target(path, world.trojan, world.online)
    repository.put_snapshot(world.online)
    repository.put_timestamp(world.online)
    return repository.tree


ATTACKS = [
    Attack("one of two root keys stolen", TrojanRuns(),
           GuardRefuses("threshold", "root"),
           SyncRefuses("threshold", "root version 2"), tree=one_root_key),
    Attack("timestamp and snapshot key stolen", TrojanRuns(),
           GuardRefuses("threshold", "bin-"),
           SyncRefuses("threshold", "bin-"), tree=stolen_front_key,
           cure=after_front_key),
    Attack("online key stolen: fast-forward, then rotation", TrojanRuns(),
           GuardRecovers(), SyncRecovers(), trojan_for_installers,
           tree=fast_forwarded, cure=rotated),
    Attack("online key stolen: names that lead out of the tree", TrojanRuns(),
           GuardLeavesOut(),
           SyncLeavesOut(), trojan_for_installers,
           tree=escaping_names),
]
