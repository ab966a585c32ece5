"""Attacks by a mirror on TUF metadata, without keys, or with keys of its own.
An installer alone does not look at metadata: it gets the trojan, or stays
with the vulnerable release."""

import json

from attack import Attack, forged_tree, page_of, plain_page, with_trojan
from forger import FAR_FUTURE, Repository, canonical, in_days
from guard_column import GuardGoesOn, GuardRefuses
from malicious_mirror import Answer, is_file, is_role, not_found
from pip_column import Gets, TrojanRuns, TrojanRunsDespiteGoodIndex
from replica_column import SyncGoesOn, SyncRefuses
from world import NEWEST

STAYS = Gets({"victim": "1.0"}, "vulnerable 1.0 stays")


def unsigned(world):
    return forged_tree(world)


def signed_by_attacker(world):
    return forged_tree(world, world.attacker)


def new_root_of_attacker(world):
    """The next root says that all keys are the attacker's, and is signed by
    these only."""
    repository = Repository(forged_tree(world, world.attacker))
    for role in ("root", "timestamp", "snapshot", "targets"):
        repository.root["roles"][role]["threshold"] = 1
        repository.replace_keys(role, world.attacker)
    repository.put_root(world.attacker)
    return repository.tree


def frozen(world):
    """The last of the old generation that the origin signed, a day past its
    expiry: all that a mirror has that stopped following."""
    repository = Repository(world.old.tree)
    repository.snapshot["expires"] = in_days(-1)
    repository.timestamp["expires"] = in_days(-1)
    repository.put_snapshot(world.online)
    repository.put_timestamp(world.online)
    return repository.tree


def is_delta(request):
    """A good delta would bring the very metadata that an attack withholds."""
    return request.path.startswith("deltas/")


def old_snapshot(world, request):
    """The snapshot of the old generation under the name of the new one."""
    if is_delta(request):
        return not_found()
    if not is_role(request, "snapshot"):
        return None
    version = Repository(world.old.tree).snapshot["version"]
    return Answer(world.old.tree[f"metadata/{version}.snapshot.json"])


def old_bins(world, request):
    """Bins of the old generation under the names of new ones."""
    if is_delta(request):
        return not_found()
    snapshot = Repository(world.old.tree).snapshot
    for number in ("0", "1"):
        if is_role(request, f"bin-{number}"):
            version = snapshot["meta"][f"bin-{number}.json"]["version"]
            return Answer(
                world.old.tree[f"metadata/{version}.bin-{number}.json"])
    return None


def fast_forward(world, request):
    """The origin's signature over another version."""
    if request.path != "metadata/timestamp.json":
        return None
    timestamp = json.loads(world.new.tree[request.path])
    timestamp["signed"]["version"] = FAR_FUTURE
    return Answer(canonical(timestamp))


def newest_of_all(world, request):
    """Metadata that nobody signed, and a release that the project never made,
    newer than what a good mirror has."""
    if plain_page(request):
        return page_of({NEWEST: (f"../../packages/victim/{NEWEST}",
                                 world.newest)}, request)
    if is_file(request, NEWEST):
        return Answer(world.newest)
    return fast_forward(world, request)


def no_timestamp(world, request):
    return not_found() if is_role(request, "timestamp") else None


ATTACKS = [
    Attack("forged metadata, unsigned", TrojanRuns(),
           GuardRefuses("threshold", "timestamp"),
           SyncRefuses("threshold", "timestamp"),
           tree=unsigned),
    Attack("forged metadata, signed by the attacker's key", TrojanRuns(),
           GuardRefuses("threshold", "timestamp"),
           SyncRefuses("threshold", "timestamp"),
           tree=signed_by_attacker),
    Attack("new root, signed by the attacker's key", TrojanRuns(),
           GuardRefuses("threshold", "root version 2"),
           SyncRefuses("threshold", "root version 2"),
           tree=new_root_of_attacker),
    Attack("rollback: the whole mirror as it was", STAYS,
           GuardRefuses("rollback", "timestamp"),
           SyncRefuses("rollback", "timestamp"),
           tree=lambda world: world.old.tree,
           follower=lambda world: world.new),
    Attack("rollback of the snapshot", TrojanRuns(),
           GuardRefuses("digest", "snapshot"),
           SyncRefuses("digest", "snapshot"),
           with_trojan(old_snapshot)),
    Attack("rollback of bins (mix-and-match)", TrojanRuns(),
           GuardRefuses("rollback", "bin-"),
           SyncRefuses("rollback", "bin-"),
           with_trojan(old_bins)),
    Attack("freeze: signed, but past expiry", STAYS,
           GuardRefuses("expired", "timestamp"),
           SyncRefuses("expired", "timestamp"),
           tree=frozen),
    Attack("fast-forward to version 2^31, without a key", TrojanRuns(),
           GuardRefuses("threshold", "timestamp"),
           SyncRefuses("threshold", "timestamp"),
           with_trojan(fast_forward)),
    Attack("malicious mirror among good ones", TrojanRunsDespiteGoodIndex(),
           GuardGoesOn(), SyncGoesOn(), newest_of_all),
    Attack("metadata withheld", TrojanRuns(),
           GuardRefuses("not found", "timestamp"),
           # Not a lie, an absence: exit 1.
           SyncRefuses("not found", "timestamp", 1),
           with_trojan(no_timestamp)),
]
