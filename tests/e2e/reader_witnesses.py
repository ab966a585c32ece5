"""Who watches while an operator works: a replica, tufmirror's own client, a
guard and npm's tuf-js, each with a memory of its own, all of one URL."""

import contextlib
import json
import pathlib
import tempfile
import urllib.error
import urllib.request

from e2e_support import clean_environment, free_port, running_server, sha256
from tufjs_client import TufJs

PAGE = "simple/alpha-demo/index.html"


class Site:
    """One address, whichever home is served there at the moment."""

    def __init__(self, program):
        self.program = program
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}/"
        self.server = contextlib.ExitStack()

    def serve(self, home):
        self.stop()
        self.server.enter_context(running_server(
            [self.program.path, "serve", str(home), "--listen", self.address],
            clean_environment()))

    def stop(self):
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Witnesses:
    def __init__(self, tap, program, javascript, directory, url, root):
        self.tap = tap
        self.program = program
        self.url = url
        self.replica = directory / "replica"
        self.trust = directory / "client-trust"
        self.downloads = directory / "client-downloads"
        self.tufjs = TufJs(javascript, directory / "tufjs", root)
        self.guard_cache = directory / "guard"
        own_root = directory / "guard.root.json"
        own_root.write_bytes(root.read_bytes())
        self.guard_trusts(["--mirror", url, "--root", str(own_root)], {})
        program.check(tap, "the client trusts the root", "client",
                      "--metadata-dir", self.trust, "init", root)
        program.check(tap, "the replica trusts the root", "init", "replica",
                      self.replica, "--from", url, "--root", root)

    def guard_trusts(self, options, variables):
        self.guard_options = options
        self.guard_environment = clean_environment(**variables)

    def guard_answers(self):
        """What an installer gets: the status, and the page or the reason. A
        new process each time, with the memory of the last."""
        command = [self.program.path, "guard", *self.guard_options, "--cache",
                   str(self.guard_cache), "--refresh", "0s", "--quiet",
                   "--listen", "127.0.0.1:0"]
        with running_server(command, self.guard_environment) as url:
            try:
                with urllib.request.urlopen(f"{url}simple/alpha-demo/",
                                            timeout=60) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read()

    def newcomer(self, root):
        """The page that somebody gets who was never here before, or the
        client's reason."""
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            self.program.run("client", "--metadata-dir", directory / "trust",
                             "init", root)
            result = self.program.run(
                "client", "--metadata-dir", directory / "trust",
                "--metadata-url", self.url + "metadata/", "--target-name", PAGE,
                "--target-base-url", self.url, "--target-dir",
                directory / "files", "download")
            if result.returncode != 0:
                return result.stderr
            return next((directory / "files").iterdir()).read_text()

    def client(self, page=PAGE):
        return self.program.run(
            "client", "--metadata-dir", self.trust, "--metadata-url",
            self.url + "metadata/", "--target-name", page, "--target-base-url",
            self.url, "--target-dir", self.downloads, "download")

    def all_follow(self, when, home, page=PAGE):
        """Each takes what `home` publishes now."""
        wanted = sha256((home / "live" / page).read_bytes())
        self.program.check(self.tap, f"{when}: the replica follows", "sync",
                           self.replica)
        self.tap.equal(f"{when}: the replica has the page",
                       sha256((self.replica / "live" / page).read_bytes()),
                       wanted)
        result = self.client(page)
        self.tap.check(f"{when}: the client follows", result.returncode == 0,
                       result.stderr)
        self.tap.equal(f"{when}: the guard follows", self.guard_answers(),
                       (200, (home / "live" / PAGE).read_bytes()))
        self.tap.equal(f"{when}: tuf-js follows",
                       self.tufjs.download(self.url, [page]), {page: wanted})

    def all_refuse(self, when, outcome):
        """Each refuses; ours say that it is `outcome`."""
        result = self.program.check(
            self.tap, f"{when}: the replica refuses", "sync", self.replica,
            code=5)
        self.tap.check(f"{when}: the replica says {outcome}",
                       f"({outcome})" in result.stderr, result.stderr)
        result = self.client()
        self.tap.check(f"{when}: the client refuses", result.returncode == 1,
                       result.stderr)
        status, reason = self.guard_answers()
        self.tap.check(f"{when}: the guard refuses and says {outcome}",
                       status == 403 and outcome.encode() in reason,
                       f"{status} {reason}")
        said = self.tufjs.download(self.url, [PAGE])
        self.tap.check(f"{when}: tuf-js refuses", "refresh" in said, said)

    def timestamp_version(self):
        """That of the replica."""
        return timestamp_version(self.replica)


def timestamp_version(home):
    text = (home / "live/metadata/timestamp.json").read_text(encoding="utf-8")
    return json.loads(text)["signed"]["version"]
