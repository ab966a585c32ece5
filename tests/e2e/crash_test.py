"""Killed at random moments under load, and out of disk space: after each, the
served tree is exactly one generation that verifies completely, and the next
run finishes without downloading again what was verified."""

import argparse
import contextlib
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

from tap import Tap

KILLS = 12
DISTRIBUTIONS = 150


def sdist(directory, name, version, size, rng):
    """A real source distribution with `size` bytes that do not compress."""
    top = f"{name}-{version}"
    with tarfile.open(directory / f"{top}.tar.gz", "w:gz",
                      compresslevel=1) as archive:
        files = {
            "PKG-INFO": (f"Metadata-Version: 2.1\nName: {name}\n"
                         f"Version: {version}\n").encode(),
            "data.bin": rng.randbytes(size),
        }
        for path, content in files.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


class Mirror:
    """An origin that serves, and a replica's home, in one directory."""

    def __init__(self, binary, root):
        self.binary = binary
        self.root = pathlib.Path(root)
        self.source = self.root / "source"
        self.source.mkdir()
        self.rng = random.Random(20131129)
        self.server = None

    def run(self, *arguments, **options):
        return subprocess.run([self.binary, *map(str, arguments)],
                              capture_output=True, text=True, timeout=240,
                              **options)

    def must(self, *arguments):
        result = self.run(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"{arguments}: {result.returncode}\n"
                               f"{result.stdout}{result.stderr}")
        return result

    def make_origin(self):
        for number in range(DISTRIBUTIONS):
            size = min(int(self.rng.lognormvariate(10, 1)), 2_000_000)
            sdist(self.source, f"demo{number}", "1.0", size, self.rng)
        self.must("init", "origin", self.root / "origin", "--from",
                  self.source, "--unencrypted-keys", "--bits", "4")
        self.must("sync", self.root / "origin")

    def release(self, number):
        sdist(self.source, f"demo{number}", f"2.{number}", 50_000, self.rng)
        self.must("sync", self.root / "origin")

    def serve(self):
        self.server = subprocess.Popen(
            [self.binary, "serve", str(self.root / "origin"), "--listen",
             "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        line = self.server.stdout.readline()
        return re.search(r"http://\S+", line).group(0)

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=30)

    def make_replica(self, home, url):
        root = self.root / "origin/live/metadata/1.root.json"
        self.must("init", "replica", home, "--from", url, "--root", root)
        return self.without_reserve(home)

    def make_index_origin(self, home, url):
        self.must("init", "origin", home, "--from", f"{url}simple/",
                  "--unencrypted-keys", "--bits", "4")
        return self.without_reserve(home)

    @staticmethod
    def without_reserve(home):
        config = home / "tufmirror.toml"
        config.write_text(config.read_text().replace(
            'min_free_space = "1GiB"', "min_free_space = 0"))
        return home

    def sync_json(self, home):
        result = self.run("sync", home, "--json")
        return result, json.loads(result.stdout)


def unverified_files(home):
    """Files reachable below packages/ whose bytes are not what their digest-
    prefixed name says, or that have no such name."""
    wrong = []
    for directory in (home / "packages").iterdir():
        names = set(os.listdir(directory))
        for name in names:
            digest = hashlib.sha256((directory / name).read_bytes()).hexdigest()
            prefixed = re.fullmatch(r"([0-9a-f]{64})\.(.*)", name)
            if prefixed and prefixed.group(1) != digest:
                wrong.append(name)
            if not prefixed and f"{digest}.{name}" not in names:
                wrong.append(name)
    return wrong


def problems_of(mirror, home):
    """What verify --deep finds; nothing published is no problem."""
    status = json.loads(mirror.must("status", home, "--json").stdout)
    if status["generation"] == 0:
        served = home / "live/metadata/timestamp.json"
        return ["metadata without a generation"] if served.exists() else []
    result = mirror.run("verify", home, "--deep", "--json")
    if result.returncode not in (0, 5):
        return [result.stderr]
    return json.loads(result.stdout)["problems"]


def accepted(home):
    """Names of the files below packages/ that are there whole: under both of
    their names."""
    names = {name for _, _, files in os.walk(home / "packages")
             for name in files}
    return {name[65:] for name in names
            if re.match(r"[0-9a-f]{64}\.", name) and name[65:] in names}


def packages_on_disk(home):
    return sum(len(files) for _, _, files in os.walk(home / "packages")) // 2


def run_and_kill(mirror, home, delay):
    """True if the process was still at work when it was killed."""
    process = subprocess.Popen([mirror.binary, "sync", str(home)],
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=delay)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def test_killed_replica(tap, mirror, url):
    scratch = mirror.make_replica(mirror.root / "scratch", url)
    started = time.monotonic()
    mirror.must("sync", scratch)
    whole = time.monotonic() - started
    shutil.rmtree(scratch)

    home = mirror.make_replica(mirror.root / "replica", url)
    killed, wrong, damaged = 0, [], []
    for attempt in range(KILLS):
        killed += run_and_kill(mirror, home, mirror.rng.uniform(0.02, whole))
        wrong += unverified_files(home)
        damaged += problems_of(mirror, home)
        if attempt % 3 == 2:
            mirror.release(attempt)
    tap.check(f"replica: killed {killed} of {KILLS} times at work", killed > 0)
    tap.equal("replica: nothing unverified is reachable", wrong, [])
    tap.equal("replica: whatever is served verifies", damaged, [])

    before = packages_on_disk(home)
    result, report = mirror.sync_json(home)
    tap.equal("replica: the next run finishes", result.returncode, 0)
    tap.equal("replica: and verifies", problems_of(mirror, home), [])
    missing = packages_on_disk(home) - before
    pages = report["added"] + report["changed"]
    tap.check("replica: no verified package is downloaded again",
              report["files_downloaded"] <= missing + pages and
              (before == 0 or report["files_downloaded"] < 2 * DISTRIBUTIONS),
              f"{report['files_downloaded']} downloaded, {missing} missing")
    same = (home / "live/metadata/timestamp.json").read_bytes() == (
        mirror.root / "origin/live/metadata/timestamp.json").read_bytes()
    tap.check("replica: it serves upstream's newest generation", same)


def test_killed_origin(tap, mirror, _):
    origin = mirror.root / "origin"
    killed, wrong, damaged = 0, [], []
    for attempt in range(KILLS):
        for extra in range(3):
            sdist(mirror.source, f"late{attempt}x{extra}", "1.0", 80_000,
                  mirror.rng)
        killed += run_and_kill(mirror, origin,
                               mirror.rng.uniform(0.01, 0.35))
        wrong += unverified_files(origin)
        damaged += problems_of(mirror, origin)
    tap.check(f"origin: killed {killed} of {KILLS} times at work", killed > 0)
    tap.equal("origin: nothing unverified is reachable", wrong, [])
    tap.equal("origin: whatever is served verifies", damaged, [])
    result = mirror.run("sync", origin)
    tap.check("origin: the next run finishes", result.returncode == 0,
              result.stderr)
    tap.equal("origin: and verifies", problems_of(mirror, origin), [])
    page = (origin / "live/simple/index.html").read_text()
    late = f"late{KILLS - 1}x2"
    tap.check("origin: every release is there", late in page)


@contextlib.contextmanager
def small_disk(disk):
    """A tmpfs of 3 MiB."""
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk],
                   check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def resize(disk, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def test_full_disk(tap, mirror, url):
    """The replica's home on a tmpfs that is too small, then large enough."""
    wanted = json.loads(mirror.must("status", mirror.root / "replica",
                                    "--json").stdout)["target_bytes"]
    with small_disk(mirror.root / "disk") as disk:
        home = mirror.make_replica(disk / "replica", url)
        result, report = mirror.sync_json(home)
        tap.equal("full disk: known beforehand, the brake stops the run",
                  (result.returncode, report["outcome"]), (6, "brake"))
        # Room for the files' bytes, but not for the blocks they take.
        resize(disk, wanted + 300_000)
        result, report = mirror.sync_json(home)
        tap.equal("full disk: met on the way, the run fails",
                  result.returncode, 1)
        tap.equal("full disk: and says so", report["outcome"], "disk full")
        tap.equal("full disk: nothing is served",
                  problems_of(mirror, home), [])
        tap.equal("full disk: nothing unverified is reachable",
                  unverified_files(home), [])
        before = packages_on_disk(home)
        resize(disk, 256 << 20)
        result, report = mirror.sync_json(home)
        tap.equal("full disk: with room the next run finishes",
                  result.returncode, 0)
        tap.equal("full disk: and verifies", problems_of(mirror, home), [])
        tap.check("full disk: it goes on where it stopped",
                  0 < before and
                  report["files_downloaded"] <= report["added"] - before,
                  f"{report['files_downloaded']} of {report['added']} "
                  f"downloaded, {before} were there")
        # A generation is there now: a second full disk must not hurt it.
        mirror.release(140)
        check_full_again(tap, mirror, home, disk)


def check_full_again(tap, mirror, home, disk):
    """Upstream has a new release, and the disk has no room for it."""
    filler = disk / "filler"
    with open(filler, "wb") as out:
        try:
            while True:
                out.write(b"x" * 65536)
                out.flush()
        except OSError:
            pass
    result = mirror.run("sync", home)
    tap.equal("full disk: a later run fails", result.returncode, 1)
    tap.equal("full disk: the old generation is whole",
              problems_of(mirror, home), [])
    filler.unlink()
    tap.equal("full disk: and the one after finishes",
              mirror.run("sync", home).returncode, 0)
    tap.equal("full disk: and verifies again", problems_of(mirror, home), [])


def run_tests(*tests):
    """Each is called with TAP, a mirror and the URL that its origin is served
    at; mounts are seen by this process only, and go with it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--source-root", required=True)
    parser.add_argument("--build-root", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--private-mounts", action="store_true")
    arguments = parser.parse_args()
    if not arguments.private_mounts:
        mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.execvp("unshare", ["unshare", *mapped, "--mount", sys.executable,
                              *sys.argv, "--private-mounts"])
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="tufmirror-crash-") as root:
        mirror = Mirror(arguments.program, root)
        try:
            mirror.make_origin()
            url = mirror.serve()
            for test in tests:
                test(tap, mirror, url)
        finally:
            mirror.stop()
    tap.finish()


if __name__ == "__main__":
    run_tests(test_killed_replica, test_full_disk, test_killed_origin)
