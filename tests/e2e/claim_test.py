#!/usr/bin/env python3
"""Three pilot projects that their maintainers sign, from the first request to
the theft of the origin's online key. A replica, the product's client and npm's
tuf-js watch."""

import json
import pathlib
import shutil
import subprocess

from claim_theft import Thief, check_lost, check_safe, old_readers, page_of
from e2e_support import (Javascript, Program, build_wheel, describe,
                         parse_options, work_directory)
from forger import Key
from reader_witnesses import Site, Witnesses
from tap import Tap


class Maintainer:
    """Somebody with a key, who works offline."""

    def __init__(self, directory, name):
        self.private = directory / f"{name}.pem"
        self.public = directory / f"{name}.pub"
        self.key = Key.make(self.private)
        self.private.chmod(0o600)
        subprocess.run(["openssl", "pkey", "-in", self.private, "-pubout",
                        "-out", self.public], check=True, capture_output=True)


class Pilot:
    """A project with its maintainers and what they have on their disk."""

    def __init__(self, world, name, maintainers, threshold):
        self.world = world
        self.name = name
        self.maintainers = maintainers
        self.threshold = threshold
        self.request = world.desk / f"{name}.request"
        self.bundle = None
        self.count = 0
        self.dist = world.desk / name

    def build(self, version):
        """The same file each time."""
        name = self.name.replace("-", "_")
        wheel = self.dist / f"{name}-{version}-py3-none-any.whl"
        return wheel if wheel.exists() else build_wheel(self.dist, name,
                                                        version)

    def upload(self, version):
        """What was built, to upstream, where the origin finds it."""
        shutil.copy(self.build(version), self.world.upstream)

    def ask(self, *more):
        self.request.unlink(missing_ok=True)
        keys = [word for maintainer in self.maintainers
                for word in ("--key", maintainer.public)]
        return self.world.claim(
            f"{self.name} asks for its keys", "request", self.name, *keys,
            "--threshold", self.threshold, "--contact", f"{self.name}@example",
            "-o", self.request, *more)

    def sign(self, *wheels, signers=None, more=()):
        """The next bundle; its path."""
        self.count += 1
        output = self.world.desk / f"{self.name}-{self.count}.bundle"
        keys = [word for maintainer in signers or self.maintainers
                for word in ("--key", maintainer.private)]
        previous = ("--previous", self.bundle) if self.bundle else ()
        self.world.claim(f"{self.name} signs release {self.count}", "sign",
                         *wheels, "--project", self.name, *previous, *keys,
                         *more, "--yes", "-o", output)
        return output

    def accept(self, bundle, code=0, says=""):
        result = self.world.accept(bundle, code=code, says=says)
        if code == 0:
            self.bundle = bundle
        return result

    def release(self, version):
        self.accept(self.sign(self.build(version)))


class World:
    def __init__(self, tap, program, javascript, work):
        self.tap = tap
        self.program = program
        self.javascript = javascript
        self.work = work
        self.desk = work / "desk"
        self.upstream = work / "upstream"
        self.home = work / "origin"
        self.desk.mkdir()
        self.upstream.mkdir()
        self.site = Site(program)
        self.root = None
        self.witnesses = None
        self.thefts = 0

    def claim(self, name, *arguments, code=0):
        return self.program.check(self.tap, name, "claim", *arguments,
                                  code=code)

    def accept(self, *files, code=0, says="", more=()):
        name = f"accept {', '.join(pathlib.Path(file).name for file in files)}"
        result = self.claim(name if code == 0 else f"{name}: {says}", "accept",
                            self.home, *files, *more, code=code)
        if says:
            self.tap.check(f"it says '{says}'", says in result.stderr,
                           describe(result))
        return result

    def sync(self, name, code=0, says=""):
        result = self.program.check(self.tap, f"sync: {name}", "sync", "-v",
                                    self.home, code=code)
        if says:
            self.tap.check(f"it says '{says}'", says in
                           result.stdout + result.stderr, describe(result))
        return result

    def live(self, path):
        return (self.home / "live" / path).read_bytes()

    def state_of(self, project):
        result = self.program.run("claim", "list", "--json", self.home)
        listed = {claim["project"]: claim
                  for claim in json.loads(result.stdout)["claims"]}
        return listed.get(project, {}).get("state")

    def follow(self, when, *projects):
        for project in projects:
            self.witnesses.all_follow(f"{when}, {project}", self.home,
                                      page_of(project))


def pilots_of(world):
    alice, bob, carol, dora = (
        Maintainer(world.desk, name)
        for name in ("alice", "bob", "carol", "dora"))
    return (Pilot(world, "alpha-demo", [alice, bob], 2),
            Pilot(world, "beta-demo", [carol], 1),
            Pilot(world, "gamma-demo", [dora], 1))


def begin(world, pilots):
    for pilot in pilots:
        pilot.upload("1.0")
    build_wheel(world.upstream, "delta_demo", "1.0")
    world.root = world.program.make_origin(world.tap, world.home,
                                           world.upstream, "--claims")
    world.site.serve(world.home)
    world.witnesses = Witnesses(world.tap, world.program, world.javascript,
                                world.work, world.site.url, world.root)
    world.follow("nobody claims anything", "alpha-demo", "delta-demo")


def changed_bundle(bundle, output, change):
    """A bundle that somebody changed on its way."""
    content = json.loads(bundle.read_text())
    change(content)
    output.write_text(json.dumps(content))
    return output


def refuse_careless_signing(world, alpha, adds, bob):
    """What a maintainer's own mistakes would do."""
    output = ("-o", world.desk / "careless")
    stranger = Maintainer(world.desk, "stranger")

    def refused(name, says, *arguments):
        result = world.claim(name, *arguments, code=2)
        world.tap.check(f"it says '{says}'", says in result.stderr,
                        describe(result))

    refused("nobody is there to say yes", "--yes", *adds, bob.private, *output)
    refused("a key that the request does not name", "names", *adds,
            stranger.private, "--yes", *output)
    secret = bob.private.read_bytes()
    refused("the key as the output", "expected no file", *adds, bob.private,
            "--yes", "-o", bob.private)
    world.tap.equal("the key is still there", bob.private.read_bytes(), secret)
    for option in (("--yank", "x"), ("--days", "5"), ("--last-version", "9"),
                   ("--withdraw", "x"), ("--previous", alpha.request)):
        refused(f"--bundle with {option[0]}", "excludes", *adds, bob.private,
                *option, "--yes", *output)
    shown = world.claim("a file is yanked", "sign", "--project", alpha.name,
                        "--previous", adds[2], "--yank",
                        "alpha_demo-1.0-py3-none-any.whl=broken build",
                        "--key", bob.private, "--yes", *output)
    world.tap.check("the reason is shown",
                    "(yanked: broken build)" in shown.stdout, describe(shown))


def refuse_bad_bundles(world, alpha, beta):
    """Each refusal of accept; nothing of it is ever published."""
    alice, bob = alpha.maintainers
    early = alpha.sign(alpha.dist / "alpha_demo-1.0-py3-none-any.whl",
                       signers=[alice])
    world.accept(early, code=5, says="expected a claim request")
    alpha.ask()
    world.accept(alpha.request)
    world.accept(early, code=5, says="expected 2 by distinct keys")
    both = world.desk / "alpha-both.bundle"
    adds = ("sign", "--bundle", early, "--request", alpha.request, "--key")
    refuse_careless_signing(world, alpha, adds, bob)
    done = world.claim("bob adds his signature", *adds, bob.private, "--yes",
                       "-o", both)
    world.tap.equal("both signatures are good",
                    [done.stdout.count(key.key.keyid + ": good")
                     for key in (alice, bob)], [1, 1])
    spoiled = world.desk / "spoiled.bundle"

    def other_page(content):
        content["html"] += "<!-- more -->"

    def other_role(content):
        content["role"] = content["role"].replace("packages/", "packagez/", 1)

    def other_project(content):
        content["project"] = "beta-demo"

    world.accept(changed_bundle(both, spoiled, other_page), code=1,
                 says="HTML page is not the one")
    world.accept(changed_bundle(both, spoiled, other_role), code=5,
                 says="signatures of claim-alpha-demo")
    world.accept(changed_bundle(both, spoiled, other_project), code=5,
                 says="expected a claim request of beta-demo")
    alpha.accept(both)
    alpha.accept(both, code=5, says="expected version 2")
    beta.ask()
    world.accept(beta.request)
    mallory = Maintainer(world.desk, "mallory")
    thief = Pilot(world, "beta-demo", [mallory], 1)
    thief.request = world.desk / "thief.request"
    thief.ask()
    world.accept(thief.request, code=5, says="new keys of beta-demo")


def claim_all(world, alpha, beta, gamma):
    refuse_bad_bundles(world, alpha, beta)
    beta.accept(beta.sign(beta.dist / "beta_demo-1.0-py3-none-any.whl"))
    gamma.ask()
    world.accept(gamma.request)
    gamma.accept(gamma.sign(gamma.dist / "gamma_demo-1.0-py3-none-any.whl"))
    before = {name: world.live(page_of(name))
              for name in ("alpha-demo", "delta-demo")}
    world.sync("the claims are published")
    for pilot in (alpha, beta, gamma):
        world.tap.equal(f"{pilot.name} is recently claimed",
                        world.state_of(pilot.name), "recently-claimed")
    world.tap.equal("the page is the one the origin had",
                    {name: world.live(page_of(name)) for name in before},
                    before)
    world.follow("claimed", "alpha-demo", "beta-demo", "gamma-demo",
                 "delta-demo")
    world.program.check(world.tap, "verify --deep", "verify", "--deep",
                        world.home)


def unsigned_release(world, alpha):
    """Users keep what was signed, until the next release is."""
    before = world.live(page_of("alpha-demo"))
    alpha.upload("1.1")
    build_wheel(world.upstream, "delta_demo", "1.1")
    world.sync("alpha's release is not signed", code=3,
               says="have not signed alpha_demo-1.1")
    world.tap.equal("alpha keeps its page", world.live(page_of("alpha-demo")),
                    before)
    world.tap.check("delta has its release",
                    b"delta_demo-1.1" in world.live(page_of("delta-demo")))
    status = world.program.run("status", world.home)
    world.tap.check("status says so", "have not signed" in status.stdout,
                    describe(status))
    world.follow("not signed", "alpha-demo", "delta-demo")
    alpha.release("1.1")
    world.sync("alpha's release is signed")
    world.tap.check("alpha has its release",
                    b"alpha_demo-1.1" in world.live(page_of("alpha-demo")))
    world.follow("signed", "alpha-demo")


def signed_too_early(world, beta):
    """A bundle waits for upstream; other bytes are not what was signed."""
    beta.release("1.1")
    world.sync("upstream lacks beta's release", code=3,
               says="waits for upstream")
    wheel = world.upstream / "beta_demo-1.1-py3-none-any.whl"
    build_wheel(world.upstream, "beta_demo", "1.1", source="import trojan\n")
    world.sync("upstream has other bytes", code=3, says="waits for upstream")
    world.tap.check("nothing of it is published", b"beta_demo-1.1" not in
                    world.live(page_of("beta-demo")))
    wheel.unlink()
    beta.upload("1.1")
    world.sync("upstream has it")
    world.follow("when upstream has it", "beta-demo")


def change_keys(world, gamma):
    """A second maintainer; the first one signs that."""
    erin = Maintainer(world.desk, "erin")
    dora = gamma.maintainers[0]
    gamma.maintainers = [dora, erin]
    gamma.threshold = 2
    gamma.ask()
    world.accept(gamma.request, code=5, says="new keys of gamma-demo")
    gamma.ask("--sign-with", dora.private)
    world.accept(gamma.request)
    gamma.upload("1.1")
    gamma.accept(gamma.sign(gamma.build("1.1"), signers=[dora]), code=5,
                 says="expected 2 by distinct keys")
    gamma.release("1.1")
    world.sync("gamma has two keys")
    world.follow("with two keys", "gamma-demo")


def promote(world, *pilots):
    metadata = world.home / "live/metadata"
    current = max(metadata.glob("*.claimed.json"),
                  key=lambda path: int(path.name.split(".")[0]))
    output = world.desk / "next.claimed.json"
    output.unlink(missing_ok=True)
    words = ("promote", "--claimed", current,
             *(pilot.request for pilot in pilots), "-o", output, "--key")
    offline = world.home / "keys/bins.pem"
    world.claim("an online key is no offline key", *words,
                world.home / "keys/online.pem", "--yes", code=5)
    world.claim("nobody is there to say yes", *words, offline, code=2)
    doctored = world.desk / "doctored.claimed.json"
    content = json.loads(current.read_text())
    content["signed"]["version"] += 1
    doctored.write_text(json.dumps(content))
    world.claim("a file that the offline keys have not signed", "promote",
                "--claimed", doctored, pilots[0].request, "--yes", "-o",
                output, "--key", offline, code=5)
    world.tap.check("nothing is signed", not output.exists())
    shown = world.claim(f"promote {', '.join(pilot.name for pilot in pilots)}",
                        *words, offline, "--yes")
    for pilot in pilots:
        world.tap.check(f"{pilot.name} is shown as new",
                        f"{pilot.name}  <- new" in shown.stdout,
                        describe(shown))
    world.accept(output)
    world.sync("the new role 'claimed'")
    for pilot in pilots:
        world.tap.equal(f"{pilot.name} is claimed", world.state_of(pilot.name),
                        "claimed")
        world.follow("out of reach of the online key", pilot.name)


def theft(world, beta):
    check_safe(world, "alpha-demo")
    check_safe(world, "alpha-demo", [Thief.replay_claimed, *Thief.ATTACKS[:2]],
               old_readers)
    check_lost(world, "alpha-demo", "claimed, and a new reader has not seen "
               "that, while an older 'claimed' is good", Thief.replay_claimed)
    check_lost(world, "beta-demo", "recently claimed", Thief.delegate_to_thief)
    promote(world, beta)
    world.witnesses.all_follow("healed", world.home, page_of("beta-demo"))
    check_safe(world, "beta-demo", [Thief.delegate_to_thief])


def give_up(world, alpha, gamma):
    """A claim is taken back: readers see no difference, and the origin signs
    what comes then."""
    world.claim("nobody claims it", "show", world.home, "delta-demo", code=1)
    world.claim("the online origin cannot take back what is claimed", "revoke",
                world.home, alpha.name, code=1)
    before = world.live(page_of("gamma-demo"))
    world.claim("revoke gamma", "revoke", world.home, gamma.name)
    world.sync("gamma is the origin's again")
    world.tap.equal("gamma's page is the same",
                    world.live(page_of("gamma-demo")), before)
    world.tap.equal("gamma is claimed no more", world.state_of("gamma-demo"),
                    None)
    gamma.upload("1.2")
    world.sync("gamma's next release needs no maintainer")
    world.tap.check("it is there", b"gamma_demo-1.2" in
                    world.live(page_of("gamma-demo")))
    world.follow("given up", "gamma-demo")
    world.program.check(world.tap, "verify --deep at the end", "verify",
                        "--deep", world.home)


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    javascript = Javascript(options.source_root, options.build_root)
    with work_directory() as work:
        world = World(tap, program, javascript, work)
        with world.site:
            alpha, beta, gamma = pilots = pilots_of(world)
            begin(world, pilots)
            claim_all(world, alpha, beta, gamma)
            unsigned_release(world, alpha)
            signed_too_early(world, beta)
            change_keys(world, gamma)
            promote(world, alpha)
            theft(world, beta)
            give_up(world, alpha, gamma)
    tap.finish()


if __name__ == "__main__":
    main()
