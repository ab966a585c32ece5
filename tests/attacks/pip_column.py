"""What pip alone suffers. It is asserted like what the guard and a replica
refuse: an attack that does no harm would show nothing."""

import dataclasses

from malicious_mirror import MaliciousMirror
from outcome import Checks

PATIENCE = 8  # seconds after which an installation counts as hanging


@dataclasses.dataclass
class TrojanRuns:
    """pip installs, and what was installed leaves the mark on import."""

    module: str = "victim"
    text: str = "trojan installed"

    def run(self, lab, mirror, directory, *words):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, *words, "victim")
        checks.expect(run.code == 0, "pip installs", run.describe())
        lab.pip.use(directory, self.module)
        checks.expect((directory / "mark").exists(), "the trojan runs",
                      run.describe())
        return checks.outcome(self.text)


@dataclasses.dataclass
class TrojanRunsDespiteGoodIndex:
    """Another index beside the malicious one does not help: pip takes what
    looks newest."""

    def run(self, lab, mirror, directory):
        with MaliciousMirror(lab.world.new.tree) as good:
            return TrojanRuns().run(lab, mirror, directory,
                                    "--extra-index-url", f"{good.url}simple/")


@dataclasses.dataclass
class CodeRunsAtInstall:
    """The attacker's code runs while pip installs, whatever pip says then."""

    text: str = "attacker's code ran"

    def run(self, lab, mirror, directory):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, "victim")
        checks.expect((directory / "mark").exists(), "the code runs",
                      run.describe())
        return checks.outcome(self.text)


@dataclasses.dataclass
class Gets:
    """pip installs these versions ({module: version}), and is content."""

    versions: dict
    text: str

    def run(self, lab, mirror, directory):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, "victim")
        checks.expect(run.code == 0, "pip installs", run.describe())
        for module, version in self.versions.items():
            got = lab.pip.use(directory, module)
            checks.expect(got == version,
                          f"expected {module} {version}, got {got}",
                          run.describe())
        return checks.outcome(self.text)


@dataclasses.dataclass
class Hangs:
    """pip is still at it after PATIENCE."""

    text: str = f"hung (stopped after {PATIENCE} s)"

    def run(self, lab, mirror, directory):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, "victim",
                              seconds=PATIENCE)
        checks.expect(run.code is None, "pip hangs", run.describe())
        checks.expect(mirror.sent > 0, "the mirror sent something")
        return checks.outcome(self.text)


@dataclasses.dataclass
class EatsMemory:
    """pip needs more than `limit` bytes for an answer of much less."""

    limit: int
    text: str

    def run(self, lab, mirror, directory):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, "victim")
        checks.expect(run.peak_memory > self.limit,
                      f"peak memory is {run.peak_memory}", run.describe())
        checks.expect(mirror.sent < self.limit / 100,
                      f"the mirror sent {mirror.sent} bytes")
        return checks.outcome(self.text)


@dataclasses.dataclass
class Fails:
    """pip cannot install, and the fix does not arrive."""

    text: str = "no fix for the user"

    def run(self, lab, mirror, directory):
        checks = Checks()
        run = lab.pip.install(mirror.url, directory, "victim")
        checks.expect(run.code not in (0, None), "pip fails", run.describe())
        checks.expect(lab.pip.use(directory, "victim") is None,
                      "nothing is installed")
        return checks.outcome(self.text)
