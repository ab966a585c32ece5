"""Somebody with a stolen key, and a server where readers go."""

import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "attacks"))

# pylint: disable=wrong-import-position
from e2e_support import sha256  # noqa: E402
from forger import FAR_FUTURE, Key, Repository, file_facts  # noqa: E402
from forger import in_days, sealed  # noqa: E402


def keyid_of(path):
    return Key(path).keyid


class Thief:
    """Has a copy of an origin's home, one of its keys, and one of their own."""

    def __init__(self, home, key, directory):
        self.home = directory / "home"
        self.key_file = directory / "stolen.pem"
        directory.mkdir()
        shutil.copyfile(key, self.key_file)
        self.key = Key(self.key_file)
        self.own = Key.make(directory / "own.pem")
        self.copy(home)

    def copy(self, home):
        """Starts again from what is published now."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(home, self.home, symlinks=True)

    def _repository(self):
        live = self.home / "live"
        return Repository({
            str(path.relative_to(live)): path.read_bytes()
            for path in (live / "metadata").iterdir()})

    @staticmethod
    def _keep_version(repository, name, signed, key):
        """Other content under the version that the snapshot lists."""
        version = signed["version"]
        repository.tree[f"metadata/{version}.{name}.json"] = sealed(signed, key)

    def _put(self, repository):
        """What is signed becomes what is served."""
        for path, data in repository.tree.items():
            file = self.home / "live" / path
            file.unlink(missing_ok=True)
            file.write_bytes(data)

    def fast_forward(self):
        """The same files, with versions that nobody will ever reach."""
        repository = self._repository()
        for name in list(repository.snapshot["meta"]):
            role = name.removesuffix(".json")
            if role.startswith("bin-"):
                repository.snapshot["version"] = FAR_FUTURE - 1
                repository.put_role(role, repository.role(role), self.key)
        repository.put_snapshot(self.key, version=FAR_FUTURE)
        repository.put_timestamp(self.key, version=FAR_FUTURE)
        self._put(repository)

    def go_on_from(self, home):
        """Takes what the origin publishes now, and signs it once more."""
        self.copy(home)
        repository = self._repository()
        repository.timestamp["expires"] = in_days(1)
        repository.put_timestamp(self.key)
        self._put(repository)

    def replace_page(self, page, data, online=None):
        """With the key of targets: targets, bins and a bin that say something
        else, under the versions that are published. With the online key too, a
        snapshot that says nothing of their digests."""
        repository = self._repository()
        targets = repository.role("targets")
        delegations = targets["delegations"]
        delegations["keys"][self.own.keyid] = self.own.public
        for role in delegations["roles"]:
            role["keyids"], role["threshold"] = [self.own.keyid], 1
        self._keep_version(repository, "targets", targets, self.key)
        bins = repository.role("bins")
        bins["delegations"]["keys"] = {self.own.keyid: self.own.public}
        bins["delegations"]["succinct_roles"]["keyids"] = [self.own.keyid]
        self._keep_version(repository, "bins", bins, self.own)
        name = repository.bin_of(page)
        bin_role = repository.role(name)
        bin_role["targets"][page] = file_facts(data)
        self._keep_version(repository, name, bin_role, self.own)
        if online is not None:
            for role, signed in (("targets", targets), ("bins", bins)):
                repository.snapshot["meta"][f"{role}.json"] = {
                    "version": signed["version"]}
            repository.put_snapshot(Key(online))
            repository.put_timestamp(Key(online))
        self._put(repository)
        path = self.home / "live" / page
        for file in (path, path.with_name(f"{sha256(data)}.{path.name}")):
            file.unlink(missing_ok=True)
            file.write_bytes(data)
