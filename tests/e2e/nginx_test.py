#!/usr/bin/env python3
"""A real nginx serves a live tree with the configuration we ship."""

import argparse
import gzip
import os
import pathlib
import tempfile

from nginx_server import NginxServer
from tap import Tap

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
WHEEL = "/packages/flit/flit-3.9.0-py3-none-any.whl"

ACCEPTS = [
    ("pip", f"{JSON}, {HTML}; q=0.1, text/html; q=0.01", JSON),
    ("uv", f"{JSON}, {HTML};q=0.2, text/html;q=0.01", JSON),
    ("poetry", JSON, JSON),
    ("a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,"
     "image/avif,*/*;q=0.8", "text/html; charset=utf-8"),
    ("curl", "*/*", "text/html; charset=utf-8"),
    ("nothing", None, "text/html; charset=utf-8"),
    ("html first", f"text/html, {JSON};q=0.5", "text/html; charset=utf-8"),
    ("only small q", f"text/html;q=0.2, {JSON};q=0.5", JSON),
    ("json refused", f"{JSON};q=0, text/html;q=0.1",
     "text/html; charset=utf-8"),
    ("latest json", "application/vnd.pypi.simple.latest+json", JSON),
    ("html v1", HTML, HTML),
    ("latest html", "application/vnd.pypi.simple.latest+html", HTML),
]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_home(home):
    for tree, generation in (("a", "first"), ("b", "second")):
        root = home / "trees" / tree
        for directory in ("simple", "simple/flit"):
            write(root / directory / "index.html", f"{directory} html {generation}")
            write(root / directory / "index.v1_json",
                  f"{directory} json {generation}")
        digest = "0123456789abcdef" * 4
        write(root / f"simple/flit/{digest}.index.html", "by digest")
        write(root / "metadata/timestamp.json", f"timestamp {generation}")
        write(root / "metadata/1.root.json", "root")
        write(root / "metadata/2.bin-0.json", "x" * 5000)
        write(root / "status/index.html", "status")
        write(root / ".hidden", "hidden")
        (root / "packages").symlink_to("../../packages")
    write(home / "packages/flit/flit-3.9.0-py3-none-any.whl", "0123456789")
    write(home / "packages/flit/flit-3.9.0-py3-none-any.whl.metadata", "Name: flit")
    write(home / "packages/flit/flit-3.9.0.tar.gz", "archive")
    write(home / "state/secret", "secret")
    (home / "live").symlink_to("trees/a")


def check_negotiation(tap, server):
    for name, accept, expected in ACCEPTS:
        headers = {"Accept": accept} if accept is not None else {}
        response, body = server.request("/simple/flit/", **headers)
        tap.equal(f"type for {name}", response.getheader("Content-Type"),
                  expected)
        kind = "json" if expected == JSON else "html"
        tap.equal(f"page for {name}", body.decode(), f"simple/flit {kind} first")
        tap.equal(f"Vary for {name}", response.getheader("Vary"), "Accept")
    response, body = server.request("/simple/", Accept=JSON)
    tap.equal("root page", body, b"simple json first")
    for accept in ("image/png", "application/vnd.pypi.simple.v2+json",
                   f"{JSON};q=0", f"{JSON};q=0.0"):
        response, _ = server.request("/simple/", Accept=accept)
        tap.equal(f"406 for {accept}", response.status, 406)
        tap.equal(f"Vary of 406 for {accept}", response.getheader("Vary"),
                  "Accept")
    response, _ = server.request("/simple/absent/", Accept=JSON)
    tap.equal("no such project", response.status, 404)
    tap.equal("404 is not cached", response.getheader("Cache-Control"), None)


def check_conditions(tap, server):
    for target, accept in (("/simple/flit/", JSON), (WHEEL, "*/*"),
                           ("/metadata/timestamp.json", "*/*")):
        response, _ = server.request(target, Accept=accept)
        tag = response.getheader("ETag")
        tap.check(f"{target} has an ETag", tag)
        response, body = server.request(target, Accept=accept,
                                        If_None_Match=tag)
        tap.equal(f"{target} is 304 for its ETag", (response.status, body),
                  (304, b""))
        response, _ = server.request(target, Accept=accept,
                                     If_None_Match='"other"')
        tap.equal(f"{target} is 200 for another", response.status, 200)


def check_ranges(tap, server):
    response, body = server.request(WHEEL, Range="bytes=3-5")
    tap.equal("range", (response.status, body), (206, b"345"))
    tap.equal("Content-Range", response.getheader("Content-Range"),
              "bytes 3-5/10")
    response, _ = server.request(WHEEL, Range="bytes=10-")
    tap.equal("range beyond the end", response.status, 416)
    response, body = server.request(WHEEL, method="HEAD")
    tap.equal("HEAD", (response.getheader("Content-Length"), body),
              ("10", b""))


def check_paths(tap, server):
    immutable = "public, max-age=31536000, immutable"
    digest = "0123456789abcdef" * 4
    for target, kind, cache in (
            (WHEEL, "application/zip", immutable),
            (WHEEL + ".metadata", "text/plain; charset=utf-8", immutable),
            ("/packages/flit/flit-3.9.0.tar.gz", "application/gzip", immutable),
            (f"/simple/flit/{digest}.index.html", "text/html; charset=utf-8",
             immutable),
            ("/simple/flit/index.v1_json", JSON, "public, max-age=60"),
            ("/metadata/timestamp.json", "application/json",
             "public, max-age=60"),
            ("/metadata/1.root.json", "application/json",
             "public, max-age=300"),
            ("/status/", "text/html; charset=utf-8", "public, max-age=60")):
        response, _ = server.request(target)
        tap.equal(f"{target} is served",
                  (response.status, response.getheader("Content-Type"),
                   response.getheader("Cache-Control")), (200, kind, cache))
        tap.equal(f"{target} has no encoding",
                  response.getheader("Content-Encoding"), None)
    for target in ("/.hidden", "/.page/json/simple/", "/packages/",
                   "/packages/flit/", "/metadata/", "/state/secret"):
        response, _ = server.request(target)
        tap.check(f"{target} is not served", response.status in (403, 404),
                  response.status)
    for target in ("/packages/../state/secret", "/../state/secret",
                   "/%2e%2e/state/secret"):
        response, body = server.request(target)
        tap.check(f"{target} does not escape",
                  response.status in (400, 404) and b"secret" not in body,
                  response.status)
    response, _ = server.request("/simple/flit", Host="evil.example")
    tap.equal("redirect to the slash ignores Host",
              (response.status, response.getheader("Location")),
              (301, "/simple/flit/"))


def check_compression(tap, server):
    for name, headers in (("a client", {}),
                          ("a client behind a proxy", {"Via": "1.1 cdn"})):
        response, body = server.request("/metadata/2.bin-0.json",
                                        Accept_Encoding="gzip", **headers)
        tap.equal(f"gzip for {name}", response.getheader("Content-Encoding"),
                  "gzip")
        tap.equal(f"bytes for {name}", gzip.decompress(body), b"x" * 5000)


def check_publication(tap, server, home):
    _, before = server.request("/metadata/timestamp.json")
    (home / "live.new").symlink_to("trees/b")
    os.rename(home / "live.new", home / "live")
    _, after = server.request("/metadata/timestamp.json")
    _, page = server.request("/simple/flit/", Accept=JSON)
    tap.equal("publishing shows at once", (before, after, page),
              (b"timestamp first", b"timestamp second",
               b"simple/flit json second"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source-root", required=True)
    options = parser.parse_args()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="tufmirror-nginx-") as directory:
        home = pathlib.Path(directory, "home")
        make_home(home)
        with NginxServer(options.source_root, home,
                         pathlib.Path(directory, "run")) as server:
            check_negotiation(tap, server)
            check_conditions(tap, server)
            check_ranges(tap, server)
            check_paths(tap, server)
            check_compression(tap, server)
            check_publication(tap, server, home)
    tap.finish()


if __name__ == "__main__":
    main()
