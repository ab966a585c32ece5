#!/usr/bin/env python3
"""npm's tuf-js reads what we publish; we read what @tufjs/models writes."""

import json

from e2e_support import (Javascript, Program, build_wheel, change_byte,
                         parse_options, serve_with_nginx, sha256,
                         work_directory)
from home_config import set_option
from tap import Tap
from tufjs_client import TufJs

WHEEL = "packages/alpha-demo/alpha_demo-1.0-py3-none-any.whl"
NEW_WHEEL = "packages/alpha-demo/alpha_demo-1.1-py3-none-any.whl"
PAGES = ["simple/index.html", "simple/alpha-demo/index.html",
         "simple/alpha-demo/index.v1_json"]
FIRST = [*PAGES, WHEEL, f"{WHEEL}.metadata"]


def published(home, names):
    """What the live tree holds."""
    return {name: sha256((home / "live" / name).read_bytes())
            for name in names}


def check_refusal(tap, name, result, target):
    tap.check(name, "hash" in result.get(target, "").lower(), result)


def serve_replica(tap, program, home, url, root):
    program.make_replica(tap, home, url, root)
    return program.serve(home)


def check_tufjs_follows(tap, program, label, distributions, homes, clients):
    for name, (home, base) in homes.items():
        tap.equal(f"{label}: tuf-js downloads from the {name}",
                  clients[name].download(base, FIRST), published(home, FIRST))
    build_wheel(distributions, "alpha_demo", "1.1")
    names = [*FIRST, NEW_WHEEL, f"{NEW_WHEEL}.metadata"]
    for name, (home, base) in homes.items():
        program.check(tap, f"{label}: second sync of the {name}", "sync", home)
        tap.equal(f"{label}: tuf-js follows the {name}",
                  clients[name].download(base, names), published(home, names))
    origin, replica = (published(home, PAGES) for home, _ in homes.values())
    tap.equal(f"{label}: both serve the same pages", origin, replica)


def check_custom_fields(tap, program, label, homes, clients):
    """An option alone changes what the origin signs of its files; a replica
    carries it through, and tuf-js reads it."""
    origin, replica = (home for home, _ in homes.values())
    set_option(origin, "origin", "custom_fields",
               '["requires-dist", "upload-time"]')
    for name, (home, base) in homes.items():
        program.check(tap, f"{label}: sync of the {name} with custom fields",
                      "sync", home)
        custom = clients[name].custom(base, WHEEL) or {}
        tap.equal(f"{label}: tuf-js reads requires-dist from the {name}",
                  custom.get("requires-dist"), ["beta-demo"])
        tap.check(f"{label}: and the upload time",
                  custom.get("upload-time", "").endswith("Z"), custom)
        tap.check(f"{label}: and nothing else of other targets",
                  not clients[name].custom(base, f"{WHEEL}.metadata"), custom)
    metadata = {path.name: path.read_bytes()
                for path in (replica / "live/metadata").glob("*bin*.json")}
    tap.equal(f"{label}: the replica has the origin's bytes",
              {name: (origin / "live/metadata" / name).read_bytes()
               for name in metadata}, metadata)


def check_tufjs_refuses(tap, program, label, homes, clients):
    for name, (home, base) in homes.items():
        page = home / "live" / PAGES[1]
        digest = sha256(page.read_bytes())
        change_byte(page.with_name(f"{digest}.{page.name}"))
        change_byte(home / WHEEL)
        result = clients[name].download(base, FIRST)
        for kind, target in (("page", PAGES[1]), ("wheel", WHEEL)):
            tap.check(f"{label}: tuf-js refuses a changed {kind} of the {name}",
                      "hash" in result.get(target, "").lower(), result)
        tap.equal(f"{label}: tuf-js still takes the rest of the {name}",
                  result.get(PAGES[0]), published(home, PAGES)[PAGES[0]])
        program.check(tap, f"{label}: verify sees it in the {name}", "verify",
                      "--deep", home, code=5)


def check_tufjs_reads_us(tap, program, javascript, work, options):
    """A home of each kind, two releases, then changed bytes."""
    label = "hash prefixes" if options else "succinct bins"
    distributions = work / "distributions"
    build_wheel(distributions, "alpha_demo", "1.0", ["beta-demo"])
    build_wheel(distributions, "beta_demo", "1.0")
    origin, replica = work / "origin", work / "replica"
    root = program.make_origin(tap, origin, distributions, *options)
    bins = json.loads((origin / "live/metadata/1.bins.json").read_text())
    kinds = {"succinct_roles", "roles"} & bins["signed"]["delegations"].keys()
    tap.equal(f"{label}: kind of delegation", kinds,
              {"roles" if options else "succinct_roles"})
    with program.serve(origin) as url, serve_replica(
            tap, program, replica, url, root) as replica_url:
        homes = {"origin": (origin, url), "replica": (replica, replica_url)}
        clients = {name: TufJs(javascript, work / f"client-{name}", root)
                   for name in homes}
        check_tufjs_follows(tap, program, label, distributions, homes, clients)
        check_custom_fields(tap, program, label, homes, clients)
        check_tufjs_refuses(tap, program, label, homes, clients)


def download_all(program, url, trust, directory, names):
    """What our client makes of each target: its sha256, or the error."""
    results = {}
    directory.mkdir(exist_ok=True)
    for name in names:
        before = set(directory.iterdir())
        result = program.run(
            "client", "--metadata-dir", trust, "--metadata-url",
            url + "metadata/", "--target-base-url", url, "--target-dir",
            directory, "--target-name", name, "download")
        new = set(directory.iterdir()) - before
        if result.returncode == 0 and len(new) == 1:
            results[name] = sha256(new.pop().read_bytes())
        else:
            results[name] = f"{result.returncode} {result.stderr}"
    return results


def differences(got, expected):
    """Only what differs, with what was expected."""
    return {name: (got.get(name), expected.get(name))
            for name in {*got, *expected}
            if got.get(name) != expected.get(name)}


class Models:
    """A repository that @tufjs/models wrote, our replica of it, and clients
    with trusted metadata of their own for each of both."""

    def __init__(self, tap, program, javascript, work):
        self.tap = tap
        self.program = program
        self.javascript = javascript
        self.work = work
        self.repository = work / "repository"
        self.replica = work / "replica-of-models"
        self.generation = 0

    def publish(self):
        self.generation += 1
        self.javascript.run("make_repository.js", self.repository,
                            self.generation)
        return self.repository / "metadata/1.root.json"

    def label(self, text):
        return f"models' generation {self.generation}: {text}"

    def trust(self, place):
        return self.work / f"trust-{place}"

    def check_replica(self, expected):
        tap, live = self.tap, self.replica / "live"
        result = self.program.check(tap, self.label("replica verifies deep"),
                                    "verify", "--deep", "--json", self.replica)
        tap.equal(self.label("replica has every target"),
                  json.loads(result.stdout or "{}").get("targets"),
                  len(expected))
        metadata = self.repository / "metadata"
        current = [file for file in metadata.rglob("*.json")
                   if file.name == "timestamp.json" or file.relative_to(
                       metadata).parts[0].startswith(f"{self.generation}.")]
        tap.check(self.label("has metadata"), len(current) > 10, current)
        copies = {file: live / file.relative_to(self.repository)
                  for file in current}
        tap.equal(self.label("replica serves the metadata as received"),
                  [str(file) for file, copy in copies.items()
                   if not copy.exists() or
                   copy.read_bytes() != file.read_bytes()], [])

    def check(self, urls, tufjs):
        expected = json.loads((self.repository / "targets.json").read_text())
        self.tap.check(self.label("has its targets"), len(expected) > 30,
                       expected)
        self.check_replica(expected)
        for place, url in urls.items():
            directory = self.work / f"targets-{self.generation}-{place}"
            got = download_all(self.program, url, self.trust(place), directory,
                               expected)
            self.tap.equal(self.label(f"our client and the {place}"),
                           differences(got, expected), {})
            # tuf-js takes SHA-256 for P-384 too, and does not quote '#'.
            wanted = {name: digest for name, digest in expected.items()
                      if not name.startswith("archive/") and "#" not in name}
            got = tufjs[place].download(url, wanted)
            self.tap.equal(self.label(f"tuf-js and the {place}"),
                           differences(got, wanted), {})


def check_we_read_tufjs(tap, program, javascript, work, source_root):
    models = Models(tap, program, javascript, work)
    root = models.publish()
    with javascript.serve(models.repository) as url, serve_replica(
            tap, program, models.replica, url, root) as replica_url, \
            serve_with_nginx(source_root, models.replica,
                             work / "nginx") as nginx_url:
        urls = {"original": url, "replica": replica_url,
                "replica behind nginx": nginx_url}
        for place in urls:
            program.check(tap, f"client trusts the models' root for {place}",
                          "client", "--metadata-dir", models.trust(place),
                          "init", root)
        tufjs = {place: TufJs(javascript, work / f"tufjs-{place}", root)
                 for place in urls}
        models.check(urls, tufjs)
        models.publish()
        program.check(tap, "replica follows the models' repository", "sync",
                      models.replica)
        models.check(urls, tufjs)


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    javascript = Javascript(options.source_root, options.build_root)
    with work_directory() as work:
        for name, more in (("succinct", []), ("prefixes", ["--hash-prefixes"])):
            check_tufjs_reads_us(tap, program, javascript, work / name, more)
        check_we_read_tufjs(tap, program, javascript, work,
                            options.source_root)
    tap.finish()


if __name__ == "__main__":
    main()
