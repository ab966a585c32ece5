"""What every attack starts from: an origin with two generations, a replica
and a guard's cache of each, wheels and their trojaned twins, and the keys that
an attacker may have.

Generation 1 has victim 1.0, which has a security hole; generation 2 has the
fix, victim 2.0. Both need `helper`. Anybody may publish at an index, so the
attacker has a project there too: `evil`, signed like all others."""

import hashlib
import io
import pathlib
import subprocess
import tarfile
import zipfile

from e2e_support import build_wheel
from forger import Key

OLD = "victim-1.0-py3-none-any.whl"
FIX = "victim-2.0-py3-none-any.whl"
NEWEST = "victim-99.0-py3-none-any.whl"  # the project never made it
EVIL = "evil-1.0-py3-none-any.whl"
EVIL_SDIST = "evil-1.0.tar.gz"
MARK = "TROJAN_MARK"  # the variable that says where a trojan leaves its mark

# Harmless: a trojan writes a file where the laboratory told it to.
LEAVE_MARK = f"""
import os
import pathlib
if os.environ.get({MARK!r}):
    pathlib.Path(os.environ[{MARK!r}]).write_text("the trojan ran\\n")
"""

BACKEND = LEAVE_MARK + """

def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(directory, config_settings=None, metadata_directory=None):
    raise RuntimeError("built enough")
"""


def noise(seed, length=4000):
    """Text that does not compress, so that files have some size."""
    text = ""
    while len(text) < length:
        text += hashlib.sha256(f"{seed}{len(text)}".encode()).hexdigest()
    return f"# {text[:length]}\n"


def trojan_of(directory, real, name, version, requires=()):
    """A wheel with the name, version and length of `real`, that leaves a mark
    when it is imported."""
    path = build_wheel(directory, name, version, requires, ">=3.6",
                       LEAVE_MARK + noise("trojan", 1500))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b" " * (real.stat().st_size - path.stat().st_size)
    data = path.read_bytes()
    assert len(data) == real.stat().st_size
    return data


def build_sdist(directory):
    """A source distribution of `evil` that leaves a mark when it is built,
    with a build backend of its own: pip needs nothing else for it."""
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\n'
                          'build-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND,
    }
    with tarfile.open(directory / EVIL_SDIST, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"evil-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def read_live(directory):
    """All files that a document root shows, as {path: bytes}. Symbolic links
    are followed: packages is one."""
    root = pathlib.Path(directory).resolve()
    tree, waiting = {}, [root]
    while waiting:
        for entry in waiting.pop().iterdir():
            if entry.is_dir():
                waiting.append(entry)
            else:
                tree[str(entry.relative_to(root))] = entry.read_bytes()
    return tree


class Generation:
    """One published state: the tree that mirrors serve, and a replica and a
    guard's cache that have followed so far."""

    def __init__(self, tree, replica):
        self.tree = tree
        self.replica = replica
        self.cache = None  # made by the laboratory


class World:
    """Made once; attacks take copies of what they change. Three keys for
    root, of which two must sign."""

    def __init__(self, work, program, serve):
        self.work = work
        self.program = program
        self.origin = work / "origin"
        self.wheels = work / "wheels"
        self._build_first()
        self._run("init", "origin", self.origin, "--from", self.wheels,
                  "--unencrypted-keys", "--bits", "1", "--root-keys", "3",
                  "--root-threshold", "2")
        self.root = self.origin / "live/metadata/1.root.json"
        self.old = self._publish("old", serve)
        self._build_second()
        self.new = self._publish("new", serve)
        self._build_trojans()
        self.online = Key(self.origin / "keys/online.pem")
        self.root_keys = [Key(self.origin / f"keys/root-{number}.pem")
                          for number in (1, 2, 3)]
        self.bins_key = Key(self.origin / "keys/bins.pem")
        self.front = Key.make(work / "front.pem")  # timestamp and snapshot
        self.fresh = Key.make(work / "fresh.pem")  # the online key, rotated
        self.attacker = Key.make(work / "attacker.pem")

    def _run(self, *arguments):
        result = self.program.run(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"tufmirror {arguments}: {result.stderr}")

    def _build_first(self):
        build_wheel(self.wheels, "victim", "1.0", ["helper"], ">=3.6",
                    noise("victim 1.0"))
        build_wheel(self.wheels, "helper", "1.0", [], ">=3.6",
                    noise("helper 1.0"))
        build_wheel(self.wheels, "evil", "1.0", [], ">=3.6",
                    LEAVE_MARK + noise("evil"))
        build_sdist(self.wheels)

    def _build_second(self):
        build_wheel(self.wheels, "victim", "2.0", ["helper"], ">=3.6",
                    noise("victim 2.0"))
        build_wheel(self.wheels, "helper", "2.0", [], ">=3.6",
                    noise("helper 2.0"))

    def _build_trojans(self):
        directory = self.work / "trojans"
        self.trojan = trojan_of(directory / "fix", self.wheels / FIX, "victim",
                                "2.0", ["helper"])
        self.newest = build_wheel(directory, "victim", "99.0", ["helper"],
                                  ">=3.6", LEAVE_MARK).read_bytes()

    def _publish(self, name, serve):
        """Syncs the origin, and a replica with it."""
        self._run("sync", self.origin)
        tree = read_live(self.origin / "live")
        replica = self.work / f"replica-{name}"
        with serve(tree) as url:
            self._run("init", "replica", replica, "--from", url, "--root",
                      self.root)
            self._run("sync", replica)
        return Generation(tree, replica)

    def copy_replica(self, generation, directory, *urls):
        """A replica that is as far as `generation` and follows `urls`."""
        # Hard links stay hard links.
        subprocess.run(["cp", "-a", generation.replica, directory], check=True)
        point_at(directory, *urls)
        return directory


def point_at(replica, *urls):
    """Lets a replica follow these mirrors, without much patience."""
    config = replica / "tufmirror.toml"
    values = {"url": "[" + ", ".join(f'"{url}"' for url in urls) + "]",
              "retries": "0", "min_speed_time": '"2s"'}
    lines = []
    for line in config.read_text(encoding="utf-8").splitlines():
        name = line.partition(" = ")[0]
        lines.append(f"{name} = {values[name]}" if name in values else line)
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
