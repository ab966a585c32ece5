"""What an unmodified pip gets through the guard."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from e2e_support import clean_environment
from malicious_mirror import MaliciousMirror
from outcome import Checks, holds_any
from world import FIX

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Guard:
    """`tufmirror guard` for a `with` block."""

    def __init__(self, program, root, cache, *mirrors):
        self.cache = cache
        self.command = [program.path, "guard", "--root", root, "--cache",
                        cache, "--listen", "127.0.0.1:0"]
        for mirror in mirrors:
            self.command += ["--mirror", mirror]
        self.log_path = cache.parent / "guard.log"
        self.url = ""

    def __enter__(self):
        home = str(self.cache.parent)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=clean_environment(HOME=home, XDG_CACHE_HOME=f"{home}/xdg",
                                      XDG_CONFIG_HOME=f"{home}/xdg",
                                      XDG_DATA_HOME=f"{home}/xdg"))
        line = self.process.stdout.readline().decode()
        match = re.search(r"http://127\.0\.0\.1:\d+/", line)
        if match is None:
            self.__exit__()
            raise RuntimeError(f"{self.command} did not start: {line!r} "
                               f"{self.log()!r}")
        self.url = match.group()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path):
        """(status, body) of what the guard answers."""
        try:
            with OPENER.open(f"{self.url}{path}", timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def peak_memory(self):
        """Bytes, so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(
            encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def warm_cache(program, root, generation, directory):
    """A cache of a guard whose user was here in `generation`."""
    directory.mkdir(parents=True)
    with MaliciousMirror(generation.tree) as mirror, \
            Guard(program, root, directory / "cache", mirror.url) as guard:
        status, body = guard.get("simple/victim/")
        if status != 200:
            raise RuntimeError(f"the guard refuses a good mirror: {status} "
                               f"{body!r} {guard.log()}")
    return directory / "cache"


@contextlib.contextmanager
def guard_of_returning_user(lab, attack, directory, *mirrors):
    directory.mkdir(parents=True)
    cache = directory / "cache"
    subprocess.run(["cp", "-a", attack.follower(lab.world).cache, cache],
                   check=True)
    with Guard(lab.world.program, lab.world.root, cache, *mirrors) as guard:
        yield guard


def check_fix(lab, checks, run, directory):
    checks.expect(run.code == 0, "pip installs", run.describe())
    got = lab.pip.use(directory, "victim")
    checks.expect(got == "2.0", f"expected victim 2.0, got {got}",
                  run.describe())
    check_clean(lab, checks, directory)


def check_clean(lab, checks, directory):
    checks.expect(not (directory / "mark").exists(), "no trojan runs")


@dataclasses.dataclass
class GuardRefuses:
    """pip fails, installs nothing, and shows its user which check failed for
    what; nothing of the trojan is in the cache. With a good mirror the same
    guard has the fix: nothing bad was learnt."""

    check: str  # FailureName() in base/failure.h
    names: str

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        with guard_of_returning_user(lab, attack, directory,
                                     mirror.url) as guard:
            run = lab.pip.install(guard.url, directory / "bad", "victim")
            shown = f"{run.describe()}\n{guard.log()[-3000:]}"
            checks.expect(run.code not in (0, None), "pip fails", shown)
            for words in (f"{self.check} check", self.names):
                checks.expect(words in run.output, f"pip says {words!r}",
                              shown)
                checks.expect(words in guard.log(),
                              f"the guard says {words!r}", shown)
            checks.expect(guard.peak_memory() < 300 * 2**20,
                          f"peak memory {guard.peak_memory()}")
        checks.expect(lab.pip.use(directory / "bad", "victim") is None,
                      "nothing is installed", shown)
        check_clean(lab, checks, directory / "bad")
        found = holds_any(directory / "cache", lab.prints)
        checks.expect(not found, "nothing of the trojan is kept", found)
        if not checks.problems:
            self._heal(lab, attack, directory, checks)
        return checks.outcome(f"refused: {self.check}")

    def _heal(self, lab, attack, directory, checks):
        tree = attack.cure(lab.world)
        path = f"packages/victim/{FIX}"
        with MaliciousMirror(tree) as honest, \
                Guard(lab.world.program, lab.world.root, directory / "cache",
                      honest.url) as guard:
            checks.expect(guard.get(path) == (200, tree[path]),
                          "the fix comes from a good mirror", guard.log())


@dataclasses.dataclass
class GuardRefusesCoreMetadata(GuardRefuses):
    """Some pips read no core metadata from JSON pages. Then nobody is lied to:
    they install what they should, and whoever asks is refused."""

    def run(self, lab, attack, mirror, directory):
        with guard_of_returning_user(lab, attack, directory / "asked",
                                     mirror.url) as guard:
            run = lab.pip.install(guard.url, directory / "asking", "victim")
            if any(path.endswith(self.names) for path in mirror.requests):
                return super().run(lab, attack, mirror, directory / "again")
            checks = Checks()
            check_fix(lab, checks, run, directory / "asking")
            checks.expect(lab.pip.use(directory / "asking", "evil") is None,
                          "what was not asked for is not installed")
            status, body = guard.get(f"packages/victim/{self.names}")
            checks.expect(status == 403 and
                          f"{self.check} check" in body.decode(),
                          "the guard refuses core metadata", body)
        return checks.outcome(f"refused: {self.check}")


@dataclasses.dataclass
class GuardGoesOn:
    """With a good mirror beside the bad one, pip gets what it should, and the
    log says that the bad one lied."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        with MaliciousMirror(lab.world.new.tree) as good, \
                guard_of_returning_user(lab, attack, directory, mirror.url,
                                        good.url) as guard:
            run = lab.pip.install(guard.url, directory / "site", "victim")
            check_fix(lab, checks, run, directory / "site")
            checks.expect(mirror.url in guard.log(),
                          "the log names the bad mirror", guard.log())
        found = holds_any(directory / "cache", lab.prints)
        checks.expect(not found, "nothing of the trojan is kept", found)
        return checks.outcome("2.0 from the good one")


@dataclasses.dataclass
class GuardRecovers:
    """What the thief of a key signed is believed, until the operator names
    another key."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        cache = directory / "cache"

        def install(url, name, expected):
            with Guard(lab.world.program, lab.world.root, cache, url) as guard:
                run = lab.pip.install(guard.url, directory / name, "victim")
                if expected == "installs":
                    check_fix(lab, checks, run, directory / name)
                else:
                    checks.expect(run.code != 0 and expected in run.output,
                                  f"{name}: pip says {expected!r}",
                                  f"{run.describe()}\n{guard.log()[-3000:]}")

        with MaliciousMirror(lab.world.new.tree) as before, \
                MaliciousMirror(attack.cure(lab.world)) as after, \
                guard_of_returning_user(lab, attack, directory, mirror.url):
            install(mirror.url, "thief", "installs")
            install(before.url, "before", "rollback check")
            install(after.url, "after", "installs")
            install(mirror.url, "thief-again", "threshold check")
        return checks.outcome("healed by the new root; then refused")


@dataclasses.dataclass
class GuardLeavesOut:
    """Names that lead out of the tree are not served; the rest is."""

    def run(self, lab, attack, mirror, directory):
        checks = Checks()
        with guard_of_returning_user(lab, attack, directory,
                                     mirror.url) as guard:
            run = lab.pip.install(guard.url, directory / "site", "victim")
            check_fix(lab, checks, run, directory / "site")
            for path in ("packages/../escaped", "packages/%2e%2e/escaped",
                         "packages/victim/..%5cescaped", "simple/../escaped",
                         "packages//escaped", "packages/%2e/escaped"):
                status, _ = guard.get(path)
                checks.expect(status >= 400, f"{path} is refused")
        found = holds_any(directory / "cache", lab.prints)
        checks.expect(not found, "nothing of the trojan is kept", found)
        return checks.outcome("left out")
