"""Who has the online key of an origin with claimed projects, and what readers
get from their mirror."""

import shutil

import attacks_path  # first: where forger is
from e2e_support import describe, sha256
from forger import Key, Repository
from tufjs_client import TufJs

TROJAN = b"<!DOCTYPE html><title>trojan</title>\n"


def page_of(project):
    return f"simple/{project}/index.html"


class Thief:
    """Has the online key, and what the origin serves."""

    def __init__(self, world, target):
        self.target = target
        self.page = page_of(target)
        self.role = f"claim-{target}"
        live = world.home / "live"
        files = [path for directory in ("metadata", "simple")
                 for path in (live / directory).rglob("*") if path.is_file()]
        tree = {str(path.relative_to(live)): path.read_bytes()
                for path in files}
        for path in (world.home / "packages").rglob("*"):
            if path.is_file():
                tree[str(path.relative_to(world.home))] = path.read_bytes()
        self.repository = Repository(tree)
        self.online = Key(world.home / "keys/online.pem")
        self.own = Key.make(world.desk / f"thief-{world.thefts}.pem")

    def finish(self):
        self.repository.put_snapshot(self.online)
        self.repository.put_timestamp(self.online)
        return self.repository.tree

    def list_in_bin(self):
        """The page in a bin, as for projects that nobody claims."""
        self.repository.put_target(self.page, TROJAN, self.online)

    def delegate_to_thief(self):
        """recently-claimed names the thief's key, which signs the page."""
        self.list_in_bin()
        recent = self.repository.role("recently-claimed")
        delegations = recent.setdefault("delegations",
                                        {"keys": {}, "roles": []})
        delegations["keys"][self.own.keyid] = self.own.public
        others = [role for role in delegations["roles"]
                  if role["name"] != self.role]
        delegations["roles"] = [{
            "name": self.role, "keyids": [self.own.keyid], "threshold": 1,
            "terminating": True,
            "paths": [f"simple/{self.target}/*",
                      f"packages/{self.target}/*"]}, *others]
        self.repository.put_role("recently-claimed", recent, self.online)
        role = self.repository.role(self.role)
        role["targets"][self.page]["length"] = len(TROJAN)
        role["targets"][self.page]["hashes"] = {"sha256": sha256(TROJAN)}
        self.repository.put_role(self.role, role, self.own)

    def drop_delegation(self):
        """recently-claimed delegates nothing, the bins have the page."""
        self.list_in_bin()
        recent = self.repository.role("recently-claimed")
        recent.pop("delegations", None)
        self.repository.put_role("recently-claimed", recent, self.online)

    def drop_from_snapshot(self):
        """The snapshot does not list what the maintainers signed."""
        self.list_in_bin()
        del self.repository.snapshot["meta"][f"{self.role}.json"]

    def sign_claimed(self):
        """An own `claimed`, without the project."""
        self.list_in_bin()
        claimed = self.repository.role("claimed")
        claimed.pop("delegations", None)
        self.repository.put_role("claimed", claimed, self.online)

    def replay_claimed(self):
        """A `claimed` from before the project was in it, with good signatures
        of the offline key."""
        self.delegate_to_thief()
        self.repository.snapshot["meta"]["claimed.json"] = {"version": 1}

    ATTACKS = (list_in_bin, delegate_to_thief, drop_delegation,
               drop_from_snapshot, sign_claimed)


def write_tree(directory, tree):
    for path, data in tree.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def new_readers(world, directory, url):
    """Who trust the first root, and have seen nothing yet."""
    trusts = world.program.run("client", "--metadata-dir", directory / "trust",
                               "init", world.root)
    world.tap.check("a new client trusts the root", trusts.returncode == 0,
                    describe(trusts))
    world.program.run("init", "replica", directory / "replica", "--from", url,
                      "--root", world.root)
    return TufJs(world.javascript, directory / "tufjs", world.root)


def old_readers(world, directory, url):
    """The witnesses, with what they remember."""
    shutil.copytree(world.witnesses.trust, directory / "trust")
    replica = directory / "replica"
    shutil.copytree(world.witnesses.replica, replica, symlinks=True)
    config = replica / "tufmirror.toml"
    config.write_text(config.read_text().replace(world.site.url, url))
    tufjs = TufJs(world.javascript, directory / "tufjs", world.root)
    shutil.copytree(world.witnesses.tufjs.metadata, tufjs.metadata,
                    dirs_exist_ok=True)
    return tufjs


def what_readers_get(world, directory, url, page, readers):
    """The page as readers have it after asking the thief's mirror, by reader;
    None if they have none."""
    directory.mkdir()
    tufjs = readers(world, directory, url)
    downloads = directory / "downloads"
    downloads.mkdir()
    world.program.run(
        "client", "--metadata-dir", directory / "trust", "--metadata-url",
        url + "metadata/", "--target-name", page, "--target-base-url", url,
        "--target-dir", downloads, "download")
    files = list(downloads.iterdir())
    world.program.run("sync", directory / "replica")
    copy = directory / "replica/live" / page
    said = tufjs.download(url, [page]).get(page, "refused")
    return {"client": sha256(files[0].read_bytes()) if files else None,
            "replica": sha256(copy.read_bytes()) if copy.exists() else None,
            "tuf-js": said if len(said) == 64 else None}


def steal(world, target, attack, readers=new_readers):
    world.thefts += 1
    thief = Thief(world, target)
    attack(thief)
    directory = world.work / f"theft-{world.thefts}"
    write_tree(directory / "tree", thief.finish())
    with world.javascript.serve(directory / "tree") as url:
        return what_readers_get(world, directory / "readers", url,
                                page_of(target), readers)


def check_safe(world, target, attacks=Thief.ATTACKS, readers=new_readers):
    honest = sha256(world.live(page_of(target)))
    for attack in attacks:
        got = steal(world, target, attack, readers)
        for reader, digest in got.items():
            world.tap.check(
                f"{target} is claimed; {attack.__name__}: the {reader} gets "
                "what its maintainers signed, or nothing",
                digest in (None, honest), got)


def check_lost(world, target, state, attack):
    """What the thief of the online key can do."""
    got = steal(world, target, attack)
    world.tap.equal(f"{target} is {state}; {attack.__name__}: the thief of "
                    "the online key replaces it", got,
                    dict.fromkeys(got, sha256(TROJAN)))
