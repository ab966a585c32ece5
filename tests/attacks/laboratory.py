"""Runs the attacks: three columns each, side by side."""

import concurrent.futures
import contextlib
import copy
import dataclasses
import re
import traceback

import attacks_on_files
import attacks_on_metadata
import attacks_on_service
import attacks_with_keys
from guard_column import warm_cache
from malicious_mirror import Answer, MaliciousMirror
from outcome import Outcome
from pips import make_pip, other_pips
from world import FIX, World

ATTACKS = (attacks_on_files.ATTACKS + attacks_on_metadata.ATTACKS +
           attacks_on_service.ATTACKS + attacks_with_keys.ATTACKS)
COLUMNS = ("pip alone", "pip with the guard", "replica")
FOR_EVERY_PIP = ATTACKS[1]
AT_A_TIME = 6  # most attacks wait for something


@contextlib.contextmanager
def honest_mirror(tree):
    with MaliciousMirror(tree) as mirror:
        yield mirror.url


def pieces_of(bad, good):
    """Pieces of bytes that only the trojan has."""
    size = 32
    pieces = [bad[start:start + size]
              for start in range(0, len(bad) - size, size)]
    return [piece for piece in pieces
            if len(set(piece)) > 16 and not any(piece in data
                                                for data in good)]


class Laboratory:
    def __init__(self, work, program):
        self.work = work
        self.world = World(work, program, honest_mirror)
        self.pip = make_pip(work)
        good = self.world.new.tree.values()
        self.prints = (pieces_of(self.world.trojan, good) +
                       pieces_of(self.world.newest, good))
        if "pip with the guard" in COLUMNS:
            for name, generation in (("old", self.world.old),
                                     ("new", self.world.new)):
                generation.cache = warm_cache(program, self.world.root,
                                              generation,
                                              work / f"guard-{name}")

    @contextlib.contextmanager
    def evil_host(self):
        """Another server, which has the trojan and nothing else."""
        def respond(request):
            return Answer(self.world.trojan) if request.path == FIX else None
        core = f"{FIX}.metadata"
        files = {core: self.world.new.tree[f"packages/victim/{core}"]}
        with MaliciousMirror(files, respond) as host:
            self.world.evil_host = host.url.replace("127.0.0.1", "localhost")
            yield

    def with_pip(self, pip):
        """The same laboratory with another pip."""
        other = copy.copy(self)
        other.pip = pip
        return other

    def run(self, attack, column):
        """One cell of the table."""
        name = re.sub(r"[^a-z0-9]+", "-", f"{attack.name} {column}".lower())
        try:
            return self._run(attack, column, self.work / "cells" / name)
        except Exception:  # the other cells go on, this one has failed
            return Outcome("ERROR", [traceback.format_exc()])

    def _run(self, attack, column, directory):
        directory.parent.mkdir(exist_ok=True)
        respond = None
        if attack.respond is not None:
            def respond(request):
                return attack.respond(self.world, request)
        with MaliciousMirror(attack.tree(self.world), respond) as mirror:
            if column == "pip alone":
                return attack.harm.run(self, mirror, directory)
            if column == "replica":
                return attack.replica.run(self, attack, mirror, directory)
            return attack.guard.run(self, attack, mirror, directory)

    def run_all(self):
        """(attack, {column: Outcome}), in order, as soon as they are known:
        all attacks, then one again with the other pips of this machine."""
        rows = [(self, attack, COLUMNS) for attack in ATTACKS]
        others = other_pips(self.work, {self.pip.version()})
        for version, pip in sorted(others.items()):
            lab = self.with_pip(pip)
            named = dataclasses.replace(
                FOR_EVERY_PIP, name=f"{FOR_EVERY_PIP.name} (pip {version})")
            rows.append((lab, named, COLUMNS[:2]))
        with self.evil_host(), concurrent.futures.ThreadPoolExecutor(
                AT_A_TIME) as pool:
            cells = [(attack, {column: pool.submit(lab.run, attack, column)
                               for column in columns})
                     for lab, attack, columns in rows]
            for attack, row in cells:
                yield attack, {column: cell.result()
                               for column, cell in row.items()}
