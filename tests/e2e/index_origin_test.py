#!/usr/bin/env python3
"""An origin follows a plain index (that of another origin, which knows nothing
of it), chooses a part of it by rules, signs it, and a replica and a real pip
follow that."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

from attested_index import PROVENANCE_TYPE, serve_attested_index
from e2e_support import (TIMEOUT, Program, build_wheel, clean_environment,
                         describe, parse_options, serve_with_nginx,
                         work_directory)
from home_config import set_option
from tap import Tap

APP = "packages/app-demo/app_demo-1.0-py3-none-any.whl"
OTHER = "packages/other-demo/other_demo-1.0-py3-none-any.whl"
NEW_BASE = "packages/base-demo/base_demo-2.0-py3-none-any.whl"


def report_of(result):
    return json.loads(result.stdout)


def check_choice(tap, program, home):
    """What the rules chose, and why."""
    for path, wanted in ((APP, True), (OTHER, False),
                         ("packages/base-demo/base_demo-1.0-py3-none-any.whl",
                          True)):
        tap.equal(f"{path} is mirrored", pathlib.Path(home, "live", path)
                  .exists(), wanted)
    result = program.check(tap, "explain", "explain", home, "base-demo")
    tap.check("a dependency names who needs it",
              "base-demo: mirrored" in result.stdout, describe(result))
    result = program.check(tap, "explain what is not mirrored", "explain", home,
                           "other-demo==1.0", "--json")
    tap.equal("no rule selects it", report_of(result)["mirrored"], False)


def check_change(tap, program, wheels, upstream, home):
    result = program.check(tap, "sync with nothing new", "sync", home, "--json")
    tap.equal("publishes nothing", report_of(result)["published"], False)
    build_wheel(wheels, "base_demo", "2.0")
    program.check(tap, "upstream publishes a release", "sync", upstream)
    result = program.check(tap, "sync with a new release", "sync", home,
                           "--json")
    report = report_of(result)
    tap.equal("publishes it", (report["published"], report["files_downloaded"]),
              (True, 2))
    tap.check("the release is there", pathlib.Path(home, "live", NEW_BASE)
              .exists())


def check_rules_apply_backwards(tap, program, home):
    set_option(home, "select", "exclude_versions", '["base-demo<2"]')
    result = program.check(tap, "sync with another rule", "sync", home,
                           "--json")
    tap.equal("removes what the rule excludes", report_of(result)["removed"], 2)
    result = program.check(tap, "explain the removed release", "explain", home,
                           "base-demo==1.0")
    tap.check("and names the rule", "base-demo<2" in result.stdout,
              describe(result))
    set_option(home, "select", "exclude_versions", "[]")
    program.check(tap, "sync without the rule", "sync", home)


def check_pip(tap, url, work):
    environment = clean_environment(
        HOME=str(work), PIP_CONFIG_FILE=os.devnull, PIP_NO_INPUT="1",
        PIP_NO_CACHE_DIR="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    subprocess.run([sys.executable, "-m", "venv", str(work / "venv")],
                   check=True, timeout=TIMEOUT, env=environment)
    result = subprocess.run(
        [str(work / "venv/bin/python"), "-m", "pip", "install", "--index-url",
         f"{url}simple/", "app-demo"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=TIMEOUT, env=environment,
        check=False)
    tap.check("pip installs the chosen part with its dependency",
              result.returncode == 0 and "base-demo-2.0" in result.stdout,
              describe(result))


def check_refusals(tap, program, work, upstream_url):
    result = program.run("explain", work / "upstream", "six")
    tap.check("a directory has no rules to explain",
              result.returncode == 2 and "origin of a plain index"
              in result.stderr, describe(result))
    program.check(tap, "init origin of something else", "init", "origin",
                  work / "portal", "--from", f"{upstream_url}metadata/",
                  "--unencrypted-keys", "--bits", "2")
    result = program.run("sync", work / "portal")
    tap.check("what is no index is refused with its address",
              result.returncode == 1 and upstream_url in result.stderr,
              describe(result))


def origin_with_provenance(tap, program, home, index):
    program.check(tap, f"init origin {home.name}", "init", "origin", home,
                  "--from", index, "--unencrypted-keys", "--bits", "2")
    set_option(home, "upstream", "provenance", "true")
    program.check(tap, f"first sync of {home.name}", "sync", home)


def check_served_provenance(tap, label, url, expected):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        tap.equal(f"{label} serves provenance as what it is",
                  (response.headers["Content-Type"], response.read()),
                  (PROVENANCE_TYPE, expected))


def check_provenance(tap, program, work, source_root):
    """Attestations of an index through two origins and each server."""
    wheel = build_wheel(work / "attested", "attested_demo", "1.0")
    expected = b'{"version": 1, "attestation_bundles": []}'
    path = f"packages/attested-demo/{wheel.name}.provenance"
    first, second = work / "attesting", work / "attesting-too"
    with serve_attested_index(wheel, expected) as index:
        origin_with_provenance(tap, program, first, index)
    with program.serve(first) as url:
        check_served_provenance(tap, "the program", url + path, expected)
        origin_with_provenance(tap, program, second, f"{url}simple/")
    with serve_with_nginx(source_root, first, work / "nginx") as url:
        check_served_provenance(tap, "nginx", url + path, expected)
    tap.equal("an origin of the origin has it too",
              (second / "live" / path).read_bytes(), expected)
    program.check(tap, "verify what is attested", "verify", "--deep", second)


def main():
    options = parse_options()
    program = Program(options.program)
    tap = Tap()
    with work_directory() as work:
        wheels = work / "wheels"
        build_wheel(wheels, "app_demo", "1.0", ["base-demo"])
        build_wheel(wheels, "base_demo", "1.0")
        build_wheel(wheels, "other_demo", "1.0")
        upstream, home = work / "upstream", work / "origin"
        program.make_origin(tap, upstream, wheels)
        with program.serve(upstream) as upstream_url:
            program.check(tap, "init origin of an index", "init", "origin",
                          home, "--from", f"{upstream_url}simple/",
                          "--unencrypted-keys", "--bits", "2")
            set_option(home, "select", "projects", '["app-demo"]')
            set_option(home, "select", "with_dependencies", "true")
            program.check(tap, "first sync", "sync", home)
            check_choice(tap, program, home)
            check_change(tap, program, wheels, upstream, home)
            check_rules_apply_backwards(tap, program, home)
            program.check(tap, "verify", "verify", home, "--deep")
            with program.serve(home) as url:
                root = home / "live/metadata/1.root.json"
                program.make_replica(tap, work / "replica", url, root)
            with program.serve(work / "replica") as url:
                check_pip(tap, url, work)
            check_refusals(tap, program, work, upstream_url)
        check_provenance(tap, program, work, options.source_root)
    tap.finish()


if __name__ == "__main__":
    main()
