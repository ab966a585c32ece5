#!/usr/bin/env python3
"""Ceremonies on the command line: an origin whose three root holders never
meet, each with files of their own; what is refused, and what tuf-js reads."""

import json
import os
import pty
import shutil
import subprocess

from e2e_support import (TIMEOUT, Javascript, Program, build_wheel,
                         clean_environment, parse_options, sha256,
                         work_directory)
from tap import Tap
from tufjs_client import TufJs

HOLDERS = ["anna", "ben", "carol"]
WHEEL = "packages/alpha-demo/alpha_demo-1.0-py3-none-any.whl"


class Scene:
    def __init__(self, tap, program, work):
        self.tap = tap
        self.program = program
        self.work = work
        self.home = work / "home"
        self.distributions = work / "distributions"
        self.secret = work / "secret"
        self.secret.write_text("correct horse\n", encoding="utf-8")
        self.secret.chmod(0o600)
        build_wheel(self.distributions, "alpha_demo", "1.0")

    def run(self, name, *arguments, code=0):
        return self.program.check(self.tap, name, "ceremony", *arguments,
                                  code=code)

    def refused(self, name, word, *arguments, code=1):
        result = self.run(name, *arguments, code=code)
        self.tap.check(f"{name}: it says why", word in result.stderr,
                       result.stderr)

    def make_key(self, name):
        """An encrypted key as openssl makes it; gives its public half."""
        private, public = self.work / f"{name}.pem", self.work / f"{name}.pub"
        for command in (
                ["genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass",
                 f"file:{self.secret}", "-out", private],
                ["pkey", "-in", private, "-passin", f"file:{self.secret}",
                 "-pubout", "-out", public]):
            subprocess.run(["openssl", *map(str, command)], check=True,
                           capture_output=True, timeout=60)
        private.chmod(0o600)
        return public

    def sign(self, candidate, holder, *options):
        return self.run(f"{holder} signs {candidate.name}", "sign", candidate,
                        "--key", self.work / f"{holder}.pem",
                        "--passphrase-file", self.secret, "--yes", *options)

    def answer(self, name, answer, *arguments, code=0):
        """Somebody sits at a terminal and types `answer`."""
        person, terminal = pty.openpty()
        try:
            os.write(person, f"{answer}\n".encode())
            result = subprocess.run(
                [self.program.path, "ceremony", *map(str, arguments)],
                stdin=terminal, capture_output=True, text=True,
                timeout=TIMEOUT, env=clean_environment(), check=False)
        finally:
            os.close(person)
            os.close(terminal)
        self.tap.check(name, result.returncode == code,
                       result.stdout + result.stderr)

    def begin(self, name, *changes):
        candidate = self.work / f"{name}.json"
        self.run(f"begin {name}", "begin", self.home, "--output", candidate,
                 *changes)
        return candidate


def check_first_generation(scene):
    publics = {holder: scene.make_key(holder) for holder in HOLDERS}
    candidate = scene.work / "first.json"
    options = []
    for holder, public in publics.items():
        options += ["--root-public", public, "--label", public, holder]
    scene.program.check(
        scene.tap, "an origin is made without its root keys", "init", "origin",
        scene.home, "--from", scene.distributions, "--bits", "2",
        "--unencrypted-keys", "--ceremony", candidate, "--root-threshold", "2",
        *options)
    scene.program.check(scene.tap, "there is nothing to sync yet", "sync",
                        scene.home, code=2)
    status = scene.program.check(scene.tap, "status", "status", scene.home)
    scene.tap.check("status says that a ceremony is open",
                    str(candidate) in status.stdout, status.stdout)
    copy = scene.work / "first-carol.json"
    shutil.copyfile(candidate, copy)
    scene.sign(candidate, "anna")
    scene.refused("one of two signatures is not enough", "carol", "publish",
                  scene.home, candidate, "--yes", code=5)
    scene.sign(copy, "carol")
    scene.run("two copies are enough", "publish", scene.home, candidate, copy,
              "--yes")
    scene.program.check(scene.tap, "sync", "sync", scene.home)
    return scene.home / "live/metadata/1.root.json"


def check_refusals(scene, root):
    candidate = scene.begin("renewal", "--renew", "root")
    scene.refused("a second ceremony", "is open", "begin", scene.home,
                  "--renew", "bins", code=2)
    wrong = scene.work / "wrong"
    wrong.write_text("battery staple\n", encoding="utf-8")
    wrong.chmod(0o600)
    key = ["--key", scene.work / "anna.pem", "--yes"]
    scene.refused("a wrong passphrase", "passphrase", "sign", candidate, *key,
                  "--passphrase-file", wrong)
    scene.refused("nobody is there to say yes", "--yes", "sign", candidate,
                  *key[:2], "--passphrase-file", scene.secret, code=2)
    before = candidate.read_bytes()
    answering = ["sign", candidate, *key[:2], "--passphrase-file", scene.secret]
    scene.answer("whoever says no does not sign", "no", *answering, code=1)
    scene.tap.equal("the file is as it was", candidate.read_bytes(), before)
    asked = scene.work / "asked.json"
    shutil.copyfile(candidate, asked)
    answering[1] = asked
    scene.answer("whoever says yes signs", "yes", *answering)
    scene.refused("a key that does not count", "expected one of the keys",
                  "sign", candidate, "--key", scene.home / "keys/bins.pem",
                  "--yes")
    text = candidate.read_text(encoding="utf-8")
    cut = scene.work / "cut.json"
    cut.write_text(text[:-200], encoding="utf-8")
    scene.refused("a file that was cut", "candidate", "sign", cut, *key)
    signed = scene.work / "signed.json"
    signed.write_text(text, encoding="utf-8")
    scene.sign(signed, "anna", "--root", root)
    forged = scene.work / "forged.json"
    new_root = json.loads(signed.read_text())["roles"]["root"]["signed"]
    forged.write_text(signed.read_text().replace(new_root["expires"],
                                                 "2033-01-01T00:00:00Z"))
    scene.refused("a file that was changed after it was signed",
                  "changed after it was signed", "show", forged, code=5)
    scene.refused("one signature twice", "already", "sign", signed, *key,
                  "--passphrase-file", scene.secret)
    scene.refused("a public half beside a key file", "--signer", "sign",
                  signed, *key, "--public-key", "nosuch", code=2)
    scene.run("status says that a signature is missing", "status", signed,
              code=3)
    scene.run("abort", "abort", scene.home, "--json")
    return signed


def check_replacement(scene, overtaken, client, url):
    public = scene.make_key("dora")
    candidate = scene.begin("dora-for-ben", "--replace-key", "root", "ben",
                            public, "--label", public, "dora", "--renew",
                            "targets")
    shown = json.loads(scene.run("show as JSON", "show", candidate,
                                 "--json").stdout)
    changes = " ".join(shown["roles"][0]["changes"])
    scene.tap.check("show says who comes and who goes",
                    "(dora)" in changes and "(ben)" in changes, changes)
    for holder in ("anna", "carol"):
        scene.sign(candidate, holder)
    scene.run("the targets key signs too", "sign", candidate, "--key",
              scene.home / "keys/targets.pem", "--yes", "--json")
    scene.run("publish", "publish", scene.home, candidate, "--yes", "--json")
    scene.tap.equal("tuf-js follows, holders' names and all",
                    client.download(url, [WHEEL]),
                    {WHEEL: sha256((scene.home / "live" / WHEEL).read_bytes())})
    scene.sign(overtaken, "carol")
    scene.refused("a candidate that another one overtook",
                  "another ceremony came first", "publish", scene.home,
                  overtaken, "--yes", code=5)
    result = scene.program.check(scene.tap, "a ceremony is not rolled back",
                                 "rollback", scene.home, code=5)
    scene.tap.check("rollback says why", "cannot be undone" in result.stderr,
                    result.stderr)
    scene.program.check(scene.tap, "verify", "verify", scene.home, "--deep")


def main():
    options = parse_options()
    tap = Tap()
    javascript = Javascript(options.source_root, options.build_root)
    with work_directory() as work:
        scene = Scene(tap, Program(options.program), work)
        root = check_first_generation(scene)
        client = TufJs(javascript, work / "tufjs", root)
        with scene.program.serve(scene.home) as url:
            tap.equal("tuf-js reads the first generation",
                      list(client.download(url, [WHEEL])), [WHEEL])
            overtaken = check_refusals(scene, root)
            check_replacement(scene, overtaken, client, url)
    tap.finish()


if __name__ == "__main__":
    main()
