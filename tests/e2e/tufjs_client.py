"""npm's tuf-js as a reader: one client with its own trusted metadata."""

import json
import shutil


class TufJs:
    def __init__(self, javascript, directory, root):
        self.javascript = javascript
        self.metadata = directory / "metadata"
        self.downloads = directory / "downloads"
        self.metadata.mkdir(parents=True)
        self.downloads.mkdir()
        self.trust(root)

    def trust(self, root):
        """Forgets what it trusted."""
        for file in self.metadata.iterdir():
            file.unlink()
        shutil.copyfile(root, self.metadata / "root.json")

    def targets(self, url, names):
        return json.loads(self.javascript.run(
            "tuf_client.js", self.metadata, url, self.downloads, *names))

    def custom(self, url, name):
        """What the metadata say of a target besides length and digests."""
        return self.targets(url, [name])["targets"][name].get("custom")

    def download(self, url, names):
        """{target path: sha256 or the error}."""
        result = self.targets(url, names)
        if result["refresh"] is not None:
            return {"refresh": result["refresh"]}
        return {name: target.get("sha256", target.get("error"))
                for name, target in result["targets"].items()}
