#!/usr/bin/env python3
"""Our client accepts, follows and refuses root files of a public repository:
those that versions of npm's @sigstore/tuf were published with."""

import base64
import contextlib
import http.server
import json
import re
import threading

from e2e_support import (Javascript, Program, describe, parse_options,
                         work_directory)
from tap import Tap

# Version of the package, and of the root in it.
VERSIONS = {"1.0.3": 7, "2.3.0": 8, "2.3.4": 9, "3.0.0": 10, "3.1.1": 12}
CHAIN = [7, 8, 9, 10]


def read_root(package):
    seeds = package / "seeds.json"
    if seeds.exists():
        (entry,) = json.loads(seeds.read_text(encoding="utf-8")).values()
        return base64.b64decode(entry["root.json"])
    return (package / "store/public-good-instance-root.json").read_bytes()


def version_of(root):
    return json.loads(root)["signed"]["version"]


@contextlib.contextmanager
def serve_roots(roots):
    """Serves {version: bytes} as N.root.json; gives the URL and the list of
    requested paths."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = {f"/{version}.root.json": root
                    for version, root in roots.items()}.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Trust:
    """A metadata directory that trusts one root."""

    def __init__(self, program, directory, root):
        self.program = program
        self.directory = directory
        directory.parent.mkdir(parents=True, exist_ok=True)
        file = directory.with_suffix(".root.json")
        file.write_bytes(root)
        self.init = program.run("client", "--metadata-dir", directory, "init",
                                file)

    def refresh(self, url):
        return self.program.run("client", "--metadata-dir", self.directory,
                                "--metadata-url", url, "refresh")

    def root(self):
        file = self.directory / "root.json"
        return file.read_bytes() if file.exists() else None


def check_accepted(tap, program, work, roots):
    for version, root in roots.items():
        trust = Trust(program, work / f"accept-{version}", root)
        tap.check(f"root {version} is accepted", trust.init.returncode == 0,
                  describe(trust.init))
        tap.equal(f"root {version} is kept as it is", trust.root(), root)


def check_tampered(tap, program, work, roots):
    for version, root in roots.items():
        changed = re.sub(rb'("consistent_snapshot": ?)true', rb"\1false", root)
        tap.check(f"root {version} has something to change", changed != root)
        trust = Trust(program, work / f"tampered-{version}", changed)
        tap.check(f"changed root {version} is refused",
                  trust.init.returncode == 1, describe(trust.init))
        tap.equal(f"changed root {version} is not kept", trust.root(), None)


def check_chain(tap, program, work, roots):
    trust = Trust(program, work / "chain", roots[CHAIN[0]])
    with serve_roots(roots) as (url, asked):
        result = trust.refresh(url)
        requests = list(asked)
    # The newest root has expired, and there is no timestamp.
    tap.check("the refresh fails after the chain", result.returncode == 1,
              describe(result))
    tap.equal("the chain ends where a version is missing",
              [path for path in requests if "root" in path],
              [f"/{version}.root.json" for version in range(8, 12)])
    tap.equal("the newest root in the chain is trusted", trust.root(),
              roots[CHAIN[-1]])
    tap.check("nothing else is trusted",
              not (trust.directory / "timestamp.json").exists())


def check_steps(tap, program, work, roots):
    """Each root alone leads to the next one, and to no other bytes."""
    for old, new in zip(CHAIN, CHAIN[1:]):
        # Other signed bytes of the same length: it shall last longer.
        expires = json.loads(roots[new])["signed"]["expires"]
        later = "3" + expires[1:]
        changed = roots[new].replace(expires.encode(), later.encode())
        cases = [(f"changed root {new}", {new: changed}, old),
                 (f"root 12 as {new}", {new: roots[12]}, old),
                 (f"root {old} as {new}", {new: roots[old]}, old),
                 (f"root {new}", {new: roots[new]}, new)]
        for index, (name, served, expected) in enumerate(cases):
            trust = Trust(program, work / f"step-{new}-{index}", roots[old])
            with serve_roots(served) as (url, _):
                result = trust.refresh(url)
            verb = "leads to" if expected == new else "refuses"
            tap.equal(f"root {old} {verb} {name}",
                      (result.returncode, trust.root()), (1, roots[expected]))


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    javascript = Javascript(options.source_root, options.build_root)
    by_package = {version: read_root(javascript.modules /
                                     f"sigstore-tuf-{version}")
                  for version in VERSIONS}
    tap.equal("versions of the roots",
              {version: version_of(root)
               for version, root in by_package.items()}, VERSIONS)
    roots = {version_of(root): root for root in by_package.values()}
    with work_directory() as work:
        check_accepted(tap, program, work, roots)
        check_tampered(tap, program, work, roots)
        check_chain(tap, program, work, roots)
        check_steps(tap, program, work, roots)
    tap.finish()


if __name__ == "__main__":
    main()
