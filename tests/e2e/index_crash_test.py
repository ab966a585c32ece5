"""An origin of an index, killed at random moments under load, and out of disk
space: after each, the served tree is exactly one generation that verifies
completely, and the next run asks for nothing that it had verified."""

import json
import os
import shutil
import time

from crash_test import (KILLS, accepted, check_full_again, problems_of, resize,
                        run_and_kill, run_tests, small_disk, unverified_files)
from recording_proxy import RecordingProxy


def check_recovery(tap, mirror, home, proxy, kind):
    """The next run finishes, without what is there already."""
    there = accepted(home)
    proxy.answers.clear()
    result, _ = mirror.sync_json(home)
    tap.equal(f"{kind}: the next run finishes", result.returncode, 0)
    tap.equal(f"{kind}: and verifies", problems_of(mirror, home), [])
    tap.equal(f"{kind}: everything that upstream has is there",
              accepted(home), accepted(mirror.root / "origin"))
    tap.equal(f"{kind}: nothing verified is asked for again",
              proxy.downloaded() & there, set())
    return there


def test_killed(tap, mirror, url):
    with RecordingProxy(url) as proxy:
        scratch = mirror.make_index_origin(mirror.root / "scratch", proxy.url)
        started = time.monotonic()
        mirror.must("sync", scratch)
        whole = time.monotonic() - started
        shutil.rmtree(scratch)

        home = mirror.make_index_origin(mirror.root / "indexed", proxy.url)
        killed, wrong, damaged = 0, [], []
        for attempt in range(KILLS):
            killed += run_and_kill(mirror, home,
                                   mirror.rng.uniform(0.02, whole))
            wrong += unverified_files(home)
            damaged += problems_of(mirror, home)
            if attempt % 3 == 2:
                mirror.release(attempt)
        tap.check(f"killed: {killed} of {KILLS} times at work", killed > 0)
        tap.equal("killed: nothing unverified is reachable", wrong, [])
        tap.equal("killed: whatever is served verifies", damaged, [])
        check_recovery(tap, mirror, home, proxy, "killed")


def test_full_disk(tap, mirror, url):
    """The home on a tmpfs that is too small, then large enough."""
    wanted = json.loads(mirror.must("status", mirror.root / "origin",
                                    "--json").stdout)["target_bytes"]
    with small_disk(mirror.root / "disk") as disk, RecordingProxy(
            url) as proxy:
        home = mirror.make_index_origin(disk / "indexed", proxy.url)
        result, report = mirror.sync_json(home)
        tap.equal("full disk: known beforehand, the brake stops the run",
                  (result.returncode, report["outcome"]), (6, "brake"))
        # Room for the files' bytes, but not for the blocks they take.
        space = os.statvfs(disk)
        used = (space.f_blocks - space.f_bfree) * space.f_frsize
        resize(disk, used + wanted)
        result, report = mirror.sync_json(home)
        tap.equal("full disk: met on the way, the run fails",
                  (result.returncode, report["outcome"]), (1, "disk full"))
        tap.equal("full disk: what is served is whole",
                  problems_of(mirror, home), [])
        tap.equal("full disk: nothing unverified is reachable",
                  unverified_files(home), [])
        resize(disk, 256 << 20)
        there = check_recovery(tap, mirror, home, proxy, "full disk")
        tap.check("full disk: it went on where it stopped", len(there) > 0)
        mirror.release(140)
        check_full_again(tap, mirror, home, disk)


if __name__ == "__main__":
    run_tests(test_killed, test_full_disk)
