"""Attacks that keep a client from its work: answers that never end, that drip,
that are cut short, or that grow when they are unpacked."""

import gzip

from attack import Attack, with_trojan
from guard_column import GuardRefuses
from malicious_mirror import (JSON_TYPE, Answer, dripping, endless, is_file,
                              is_page, is_role)
from pip_column import EatsMemory, Fails, Hangs, TrojanRuns
from replica_column import SyncRefuses
from world import FIX

BOMB_SIZE = 256 * 2**20


def page_type(request):
    return JSON_TYPE if request.wants_json else "text/html"


def endless_page(_world, request):
    if is_page(request, "victim"):
        return Answer(endless(request), content_type=page_type(request))
    return None


def endless_file(_world, request):
    return Answer(endless(request)) if is_file(request, FIX) else None


def endless_timestamp(_world, request):
    return Answer(endless(request)) if is_role(request, "timestamp") else None


def endless_root(_world, request):
    return Answer(endless(request)) if is_role(request, "root") else None


def slow_page(_world, request):
    if is_page(request, "victim"):
        return Answer(dripping(request), content_type=page_type(request))
    return None


def slow_file(_world, request):
    return Answer(dripping(request)) if is_file(request, FIX) else None


def slow_timestamp(_world, request):
    return Answer(dripping(request)) if is_role(request, "timestamp") else None


def bomb():
    """Blanks, and many of them: members of one gzip file."""
    return gzip.compress(b" " * 2**20) * (BOMB_SIZE // 2**20)


def bomb_page(_world, request):
    if not is_page(request, "victim"):
        return None
    return Answer(bomb(), content_type=page_type(request),
                  headers={"Content-Encoding": "gzip"})


def truncated_file(world, request):
    if not is_file(request, FIX):
        return None
    whole = world.new.tree[f"packages/victim/{FIX}"]
    return Answer(whole[:len(whole) // 2], length=len(whole))


# Slowness is no lie that can be proved, and neither is a connection that ends
# early: networks do that too. So these end with exit code 1, and the next
# mirror is tried; what comes to too much or is wrong ends with 5.
ATTACKS = [
    Attack("endless page", Hangs(),
           GuardRefuses("length", "simple/victim/"),
           SyncRefuses("length", "simple/victim/"),
           endless_page),
    Attack("endless wheel", Hangs(),
           GuardRefuses("length", FIX),
           SyncRefuses("length", FIX), endless_file),
    Attack("endless timestamp", TrojanRuns(),
           GuardRefuses("too large", "timestamp"),
           SyncRefuses("too large", "timestamp"),
           with_trojan(endless_timestamp)),
    Attack("endless root", TrojanRuns(),
           GuardRefuses("too large", "root"),
           SyncRefuses("too large", "root"),
           with_trojan(endless_root)),
    Attack("page that drips", Hangs(),
           GuardRefuses("timeout", "simple/victim/"),
           SyncRefuses("timeout", "simple/victim/", 1),
           slow_page),
    Attack("wheel that drips", Hangs(),
           GuardRefuses("timeout", FIX),
           SyncRefuses("timeout", FIX, 1), slow_file),
    Attack("timestamp that drips", TrojanRuns(),
           GuardRefuses("timeout", "timestamp"),
           SyncRefuses("timeout", "timestamp", 1),
           with_trojan(slow_timestamp)),
    Attack("compression bomb as page",
           EatsMemory(BOMB_SIZE, "took more than 256 MiB"),
           GuardRefuses("length", "simple/victim/"),
           SyncRefuses("length", "simple/victim/"), bomb_page),
    Attack("truncated wheel", Fails(),
           GuardRefuses("network", FIX),
           SyncRefuses("network", FIX, 1), truncated_file),
]
