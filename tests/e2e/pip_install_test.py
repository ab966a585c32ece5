#!/usr/bin/env python3
"""A real pip installs from an origin and from its replica, served by our own
server and by nginx, through HTML pages and through JSON pages."""

import contextlib
import html.parser
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

from e2e_support import (TIMEOUT, Program, build_wheel, change_byte,
                         clean_environment, describe, parse_options,
                         serve_with_nginx, sha256, work_directory)
from recording_proxy import RecordingProxy
from tap import Tap

HTML = "text/html"
JSON = "application/vnd.pypi.simple.v1+json"
PROJECTS = ["alpha-demo", "beta-demo"]
INSTALLED = {"alpha-demo": "1.0", "beta-demo": "1.1"}
USE = "import alpha_demo; print(alpha_demo.VERSION, alpha_demo.beta_version())"
ALPHA = ("import beta_demo\n\n\ndef beta_version():\n"
         "    return beta_demo.VERSION\n")


def build_distributions(directory):
    """One project that needs another, of which only one release fits: the
    first is too old, the last is for a Python that does not exist."""
    build_wheel(directory, "alpha_demo", "1.0", ["beta-demo>=1.1"], ">=3.6",
                ALPHA)
    build_wheel(directory, "beta_demo", "1.0")
    build_wheel(directory, "beta_demo", "1.1", requires_python=">=3.6,<4")
    build_wheel(directory, "beta_demo", "2.0", requires_python=">=99")


class Pip:
    """pip in a virtual environment, with one index and no configuration."""

    def __init__(self, work):
        self.work = work
        self.environment = clean_environment(
            HOME=str(work), XDG_CACHE_HOME=str(work / "cache"),
            PIP_CONFIG_FILE=os.devnull, PIP_NO_INPUT="1", PIP_NO_CACHE_DIR="1",
            PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_RETRIES="0")
        subprocess.run([sys.executable, "-m", "venv", str(work / "venv")],
                       check=True, timeout=TIMEOUT, env=self.environment)
        self.python = str(work / "venv/bin/python")

    def run_python(self, *arguments, **environment):
        return subprocess.run(
            [self.python, *map(str, arguments)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT,
            env={**self.environment, **environment}, cwd=self.work,
            check=False)

    def run(self, command, url, *arguments):
        return self.run_python("-m", "pip", command, "--index-url",
                               f"{url}simple/", *arguments)

    def freeze(self):
        result = self.run_python("-m", "pip", "list", "--format", "json")
        return {entry["name"]: entry["version"]
                for entry in json.loads(result.stdout)
                if entry["name"].endswith("-demo")}


class Links(html.parser.HTMLParser):
    """Files of an HTML page: {name: (absolute URL without fragment, sha256,
    Requires-Python)}."""

    def __init__(self, page_url):
        super().__init__()
        self.page_url = page_url
        self.files = {}

    def handle_starttag(self, tag, attrs):
        if tag != "a":
            return
        attributes = dict(attrs)
        url, fragment = urllib.parse.urldefrag(
            urllib.parse.urljoin(self.page_url, attributes["href"]))
        self.files[url.rpartition("/")[2]] = (
            url, fragment.partition("sha256=")[2],
            attributes.get("data-requires-python"))


def fetch_page(url, accept):
    request = urllib.request.Request(url, headers={"Accept": accept})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        return response.headers.get_content_type(), response.read().decode()


def files_of(page_url, accept):
    kind, page = fetch_page(page_url, accept)
    if kind == JSON:
        return kind, {
            entry["filename"]: (
                urllib.parse.urljoin(page_url, entry["url"]),
                entry["hashes"]["sha256"], entry.get("requires-python"))
            for entry in json.loads(page)["files"]}
    links = Links(page_url)
    links.feed(page)
    return kind, links.files


def check_pages(tap, label, url, distributions):
    """HTML and JSON name the same files, with the digests that they have."""
    for project in PROJECTS:
        page = f"{url}simple/{project}/"
        pages = {accept: files_of(page, accept) for accept in (HTML, JSON)}
        for accept, (kind, _) in pages.items():
            tap.equal(f"{label}: type of {project} for {accept}", kind, accept)
        tap.equal(f"{label}: both pages of {project} name the same",
                  pages[HTML][1], pages[JSON][1])
        expected = {wheel.name: sha256(wheel.read_bytes()) for wheel in
                    distributions.glob(project.replace("-", "_") + "-*.whl")}
        tap.equal(f"{label}: digests of {project}",
                  {name: file[1] for name, file in pages[JSON][1].items()},
                  expected)


def check_install(tap, pip, label, url, accept):
    """An installation of its own, used by Python."""
    with RecordingProxy(url, HTML if accept == HTML else None) as proxy:
        name = f"{label} {accept.rpartition('+')[2]}".replace("/", " ")
        target = pip.work / name.replace(" ", "-")
        # pip 23.0 (Debian 12) reads core metadata through HTML pages, but
        # takes their Name only if it is written as asked for.
        result = pip.run("install", proxy.url, "--target", target,
                         "alpha-demo" if accept == HTML else "Alpha.Demo")
        tap.check(f"{name}: pip installs", result.returncode == 0,
                  describe(result))
        tap.equal(f"{name}: only such pages were used", proxy.page_types(),
                  {accept})
        used = pip.run_python("-c", USE, PYTHONPATH=str(target))
        tap.equal(f"{name}: what was installed works",
                  used.stdout, "1.0 1.1\n")


def check_environment(tap, pip, url):
    """Into the environment itself, twice the same."""
    result = pip.run("install", url, "alpha-demo")
    tap.check("pip installs into the environment", result.returncode == 0,
              describe(result))
    tap.equal("what pip lists", pip.freeze(), INSTALLED)
    result = pip.run_python("-m", "pip", "check")
    tap.check("pip check", result.returncode == 0, describe(result))
    result = pip.run("install", url, "no-such-demo")
    tap.check("pip finds no absent project", result.returncode != 0 and
              "no-such-demo" in result.stderr, describe(result))
    result = pip.run("install", url, "beta-demo==2.0")
    tap.check("pip respects Requires-Python", result.returncode != 0 and
              "beta-demo==2.0" in result.stderr, describe(result))


def check_download(tap, pip, label, url, distributions):
    wheels = [f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
              for name, version in INSTALLED.items()]
    expected = {name: sha256((distributions / name).read_bytes())
                for name in wheels}
    directory = pip.work / f"downloads-{label}".replace(" ", "-")
    result = pip.run("download", url, "--dest", directory, "alpha-demo")
    tap.check(f"{label}: pip downloads", result.returncode == 0,
              describe(result))
    tap.equal(f"{label}: pip downloaded what was published",
              {file.name: sha256(file.read_bytes())
               for file in directory.glob("*")}, expected)
    for good in (True, False):
        requirements = pip.work / f"requirements-{label}-{good}.txt".replace(
            " ", "-")
        lines = [f"{name}=={version} --hash=sha256:"
                 f"{expected[wheel] if good else '0' * 64}"
                 for (name, version), wheel in zip(INSTALLED.items(), wheels)]
        requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
        result = pip.run("install", url, "--require-hashes", "--target",
                         requirements.with_suffix(""), "-r", requirements)
        if good:
            tap.check(f"{label}: pip installs with --require-hashes",
                      result.returncode == 0, describe(result))
        else:
            tap.check(f"{label}: pip refuses other hashes",
                      result.returncode != 0 and "DO NOT MATCH" in
                      result.stderr, describe(result))


def check_new_release(tap, pip, program, homes, servers, distributions):
    """The next sync shows in running servers; nobody reloads them."""
    build_wheel(distributions, "alpha_demo", "1.1", ["beta-demo"], source=ALPHA)
    for home in homes.values():
        program.check(tap, f"second sync of {home.name}", "sync", home)
    for label, url in servers.items():
        directory = pip.work / f"new-{label}".replace(" ", "-")
        result = pip.run("download", url, "--no-deps", "--dest", directory,
                         "alpha-demo")
        tap.equal(f"{label}: pip downloads the new release",
                  [file.name for file in directory.glob("*")],
                  ["alpha_demo-1.1-py3-none-any.whl"])
        tap.check(f"{label}: pip succeeds", result.returncode == 0,
                  describe(result))


def check_changed_byte(tap, pip, homes, servers):
    """The digest in the page is enough for pip to see it."""
    for home in homes.values():
        change_byte(home /
                    "packages/beta-demo/beta_demo-1.1-py3-none-any.whl")
    for label, url in servers.items():
        result = pip.run("download", url, "--no-deps", "--dest",
                         pip.work / "changed", "beta-demo")
        tap.check(f"{label}: pip refuses a changed wheel",
                  result.returncode != 0 and "sha256" in result.stderr,
                  describe(result))


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    with work_directory() as work, contextlib.ExitStack() as running:
        distributions = work / "distributions"
        build_distributions(distributions)
        homes = {"origin": work / "origin", "replica": work / "replica"}
        root = program.make_origin(tap, homes["origin"], distributions)
        servers = {"serve origin": running.enter_context(
            program.serve(homes["origin"]))}
        program.make_replica(tap, homes["replica"], servers["serve origin"],
                             root)
        servers["serve replica"] = running.enter_context(
            program.serve(homes["replica"]))
        for name, home in homes.items():
            servers[f"nginx {name}"] = running.enter_context(
                serve_with_nginx(options.source_root, home,
                                 work / f"nginx-{name}"))
        pip = Pip(work)
        for label, url in servers.items():
            check_pages(tap, label, url, distributions)
            for accept in (HTML, JSON):
                check_install(tap, pip, label, url, accept)
            check_download(tap, pip, label, url, distributions)
        check_environment(tap, pip, servers["serve replica"])
        check_new_release(tap, pip, program, homes, servers, distributions)
        check_changed_byte(tap, pip, homes, servers)
    tap.finish()


if __name__ == "__main__":
    main()
