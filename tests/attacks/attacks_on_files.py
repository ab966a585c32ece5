"""Attacks by a mirror that serves other files and pages than were signed. It
has no keys."""

from attack import (Attack, lying_page, page_of, page_of_fix, plain_page,
                    real_fix, sha256, with_trojan)
from guard_column import GuardRefuses, GuardRefusesCoreMetadata
from malicious_mirror import (Answer, is_file, is_page, redirect_to,
                              serve_tree)
from pip_column import CodeRunsAtInstall, Gets, TrojanRuns
from replica_column import SyncRefuses
from world import EVIL, EVIL_SDIST, FIX

METADATA = f"{FIX}.metadata"


def trojaned_page(world, request):
    """The page has the trojan's digest, whoever asks."""
    if is_page(request, "victim"):
        return page_of_fix(world, request, {
            sha256(real_fix(world)): sha256(world.trojan)})
    if is_file(request, FIX):
        return Answer(world.trojan)
    return None


def other_host(world, request):
    """The page sends everybody to a server of the attacker's."""
    if is_page(request, "victim"):
        return page_of_fix(world, request, {
            f"../../packages/victim/{FIX}": f"{world.evil_host}{FIX}",
            sha256(real_fix(world)): sha256(world.trojan)})
    return None


def redirected_file(world, request):
    if is_file(request, FIX):
        return redirect_to(f"{world.evil_host}{FIX}")
    return None


def old_page(world, request):
    """Last month's page, under all of its names, with the rest of today."""
    if not is_page(request, "victim"):
        return None
    if plain_page(request):
        return serve_tree(world.old.tree, request)
    kind = "index.v1_json" if request.path.endswith("json") else "index.html"
    return Answer(world.old.tree[f"simple/victim/{kind}"])


def mixed_pages(world, request):
    """The new victim with the old helper: a set that never was an index."""
    if is_page(request, "helper") and not request.path.endswith("/"):
        kind = "index.v1_json" if request.path.endswith("json") else \
            "index.html"
        return Answer(world.old.tree[f"simple/helper/{kind}"])
    if is_page(request, "helper"):
        return serve_tree(world.old.tree, request)
    return None


def extra_dependency(world, request):
    """The core metadata, which pip reads instead of the wheel, requires a
    project of the attacker's. The page has its digest, in HTML, since every
    pip reads core metadata through that."""
    real = world.new.tree[f"packages/victim/{METADATA}"]
    false = real + b"Requires-Dist: evil\n"
    if is_file(request, METADATA):
        return Answer(false)
    if plain_page(request):
        request.wants_json = False
        return lying_page(world.new.tree, request, real, false)
    return None


def wrong_project(world, request):
    """A newer victim, says the page; the file is the attacker's, published
    and signed at the same index under its own name. For those who ask for
    files of victim directly, it is under that name too."""
    evil = f"packages/evil/{EVIL_SDIST}"
    if plain_page(request):
        return page_of({"victim-3.0.tar.gz":
                        (f"../../packages/victim/victim-3.0.tar.gz",
                         world.new.tree[evil])}, request)
    if is_file(request, "victim-3.0.tar.gz"):
        return Answer(world.new.tree[evil])
    if is_file(request, FIX):
        return Answer(world.new.tree[f"packages/evil/{EVIL}"])
    return None


def withheld_fix(world, request):
    """The fix is not there, and the page does not mention it."""
    if is_file(request, FIX) or is_file(request, METADATA):
        return Answer(b"no such file\n", 404, "text/plain")
    if plain_page(request):
        return serve_tree(world.old.tree, request)
    return None


ATTACKS = [
    Attack("trojaned wheel, page rewritten to fit", TrojanRuns(),
           GuardRefuses("digest", "simple/victim/"),
           SyncRefuses("digest", "simple/victim/"),
           trojaned_page),
    Attack("trojaned wheel, page rewritten for installers only", TrojanRuns(),
           GuardRefuses("digest", FIX),
           SyncRefuses("digest", FIX),
           with_trojan()),
    Attack("page that links to another host", TrojanRuns(),
           GuardRefuses("length", "simple/victim/"),
           SyncRefuses("length", "simple/victim/"),
           other_host),
    Attack("wheel redirected to another host",
           TrojanRuns(),
           GuardRefuses("digest", FIX),
           SyncRefuses("digest", FIX),
           with_trojan(redirected_file)),
    Attack("page of an older generation",
           Gets({"victim": "1.0"}, "vulnerable 1.0 stays"),
           GuardRefuses("length", "simple/victim/"),
           SyncRefuses("length", "simple/victim/"),
           old_page),
    Attack("pages of different generations (mix-and-match)",
           Gets({"victim": "2.0", "helper": "1.0"}, "new with old installed"),
           GuardRefuses("length", "simple/helper/"),
           SyncRefuses("length", "simple/helper/"),
           mixed_pages),
    Attack("extra dependency in the core metadata",
           TrojanRuns("evil", "evil dependency installed"),
           GuardRefusesCoreMetadata("length", METADATA),
           SyncRefuses("length", METADATA),
           extra_dependency),
    Attack("file of another project under a good name", CodeRunsAtInstall(),
           GuardRefuses("length", FIX),
           SyncRefuses("length", FIX),
           wrong_project),
    Attack("fix withheld",
           Gets({"victim": "1.0"}, "vulnerable 1.0 stays"),
           GuardRefuses("not found", FIX),
           # No lie, nothing was wrong but that a file is not there: exit 1.
           SyncRefuses("not found", FIX, 1),
           withheld_fix),
]
