"""Signs TUF metadata, with keys of the attacker or with stolen ones. Private
keys are PEM files; openssl does the arithmetic."""

import copy
import datetime
import hashlib
import json
import subprocess
import tempfile

FAR_FUTURE = 2**31  # a version that no honest repository reaches


def canonical(value):
    """Canonical JSON of what TUF metadata has: no floats, no control
    characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False).encode()


def in_days(days):
    when = (datetime.datetime.now(datetime.timezone.utc) +
            datetime.timedelta(days=days))
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def file_facts(data):
    return {"length": len(data),
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}


class Key:
    """An Ed25519 private key in a PEM file."""

    def __init__(self, path):
        self.path = str(path)
        der = subprocess.run(
            ["openssl", "pkey", "-in", self.path, "-pubout", "-outform",
             "DER"], capture_output=True, check=True).stdout
        self.public = {"keytype": "ed25519", "scheme": "ed25519",
                       "keyval": {"public": der[-32:].hex()}}
        self.keyid = hashlib.sha256(canonical(self.public)).hexdigest()

    @classmethod
    def make(cls, path):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        str(path)], capture_output=True, check=True)
        return cls(path)

    def sign(self, payload):
        with tempfile.NamedTemporaryFile() as file:
            file.write(payload)
            file.flush()
            return subprocess.run(
                ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path,
                 "-in", file.name], capture_output=True,
                check=True).stdout.hex()


def sealed(signed, *keys):
    """The file for `signed`, with a signature of each key."""
    payload = canonical(signed)
    return canonical({
        "signatures": [{"keyid": key.keyid, "sig": key.sign(payload)}
                       for key in keys],
        "signed": signed})


class Repository:
    """The metadata of a tree ({path: bytes}), to be changed and signed anew.
    The tree that it was made of stays as it is; `tree` is the result."""

    def __init__(self, tree):
        self.tree = dict(tree)
        self.timestamp = self._signed("metadata/timestamp.json")
        self.snapshot = self._signed(self._snapshot_path())
        versions = sorted(
            int(path.split("/")[1].split(".")[0]) for path in tree
            if path.endswith(".root.json"))
        self.root = self._signed(f"metadata/{versions[-1]}.root.json")

    def _signed(self, path):
        return copy.deepcopy(json.loads(self.tree[path])["signed"])

    def _snapshot_path(self):
        version = self.timestamp["meta"]["snapshot.json"]["version"]
        return f"metadata/{version}.snapshot.json"

    def role(self, name):
        version = self.snapshot["meta"][f"{name}.json"]["version"]
        return self._signed(f"metadata/{version}.{name}.json")

    def bin_of(self, target):
        """The name of the bin that lists `target`."""
        succinct = self.role("bins")["delegations"]["succinct_roles"]
        bits = succinct["bit_length"]
        digest = hashlib.sha256(target.encode()).digest()
        number = int.from_bytes(digest[:4], "big") >> (32 - bits)
        width = len(f"{2**bits - 1:x}")
        return f"{succinct['name_prefix']}-{number:0{width}x}"

    def put_role(self, name, signed, *keys):
        """A role with the version that the next snapshot will have."""
        entry = self.snapshot["meta"][f"{name}.json"]
        entry.clear()
        entry["version"] = signed["version"] = self.snapshot["version"] + 1
        self.tree[f"metadata/{entry['version']}.{name}.json"] = sealed(
            signed, *keys)

    def put_target(self, path, data, *keys):
        """Lists and serves `data` as target `path`."""
        name = self.bin_of(path)
        signed = self.role(name)
        signed["targets"][path] = file_facts(data)
        self.put_role(name, signed, *keys)
        directory, _, last = path.rpartition("/")
        digest = hashlib.sha256(data).hexdigest()
        self.tree[path] = data
        self.tree[f"{directory}/{digest}.{last}"] = data

    def put_root(self, *keys):
        """A next root."""
        self.root["version"] += 1
        self.tree[f"metadata/{self.root['version']}.root.json"] = sealed(
            self.root, *keys)

    def replace_keys(self, role, *keys):
        """Root will say that these keys sign `role`."""
        for key in keys:
            self.root["keys"][key.keyid] = key.public
        self.root["roles"][role]["keyids"] = [key.keyid for key in keys]

    def put_snapshot(self, *keys, version=None):
        self.snapshot["version"] = version or self.snapshot["version"] + 1
        data = sealed(self.snapshot, *keys)
        self.tree[f"metadata/{self.snapshot['version']}.snapshot.json"] = data
        self.timestamp["meta"]["snapshot.json"] = {
            "version": self.snapshot["version"], **file_facts(data)}

    def put_timestamp(self, *keys, version=None):
        self.timestamp["version"] = version or self.timestamp["version"] + 1
        self.tree["metadata/timestamp.json"] = sealed(self.timestamp, *keys)

