#!/usr/bin/env python3
"""The runbooks of docs/keys.md that need offline keys: one origin lives through
all of them, and readers watch."""

import json

from e2e_support import sha256
from reader_witnesses import PAGE, timestamp_version
from runbook_scene import run_scenes
from thief import Thief, keyid_of

HOLDERS = {"anna": ["root-1", "targets", "bins"], "ben": ["root-2"],
           "carol": ["root-3"]}
# How docs/keys.md writes the ids of keys.
KEYS_OF_THE_PAGE = {"c3c3c3c3": "carol/root-3.pem", "d4d4d4d4": "anna/targets.pem",
                    "e5e5e5e5": "anna/bins.pem"}


def hand_out_keys(it):
    """The offline keys go to their holders; the page names them by id."""
    for holder, names in HOLDERS.items():
        (it.media / holder).mkdir()
        for name in names:
            (it.srv / f"keys/{name}.pem").rename(it.media / holder / f"{name}.pem")
    it.places["b0b0b0b0"] = keyid_of(it.srv / "keys/online.pem")[:8]
    for text, name in KEYS_OF_THE_PAGE.items():
        it.places[text] = keyid_of(it.media / name)[:8]


def versions(home, *roles):
    """As the live snapshot has them; that of root from the chain."""
    live = home / "live/metadata"
    version = json.loads((live / "timestamp.json").read_text())["signed"][
        "meta"]["snapshot.json"]["version"]
    meta = json.loads((live / f"{version}.snapshot.json").read_text())[
        "signed"]["meta"]
    chain = [int(path.name.split(".")[0]) for path in live.glob("*.root.json")]
    return [max(chain) if role == "root" else meta[f"{role}.json"]["version"]
            for role in roles]


def check_renewal(it):
    it.runbook.run("Runbook: back up an origin")
    it.runbook.run("Runbook: sign for another year")
    it.tap.equal("renewed", versions(it.home, "root", "targets", "bins"),
                 [2, 2, 2])
    it.witnesses.all_follow("after the renewal", it.home)


def check_restore_of_before(it):
    """The backup is older than the renewal: the home gets what was signed
    offline since, from the candidate, before it resumes."""
    renewed = it.work / "renewed"
    it.home.rename(renewed)
    it.runbook.run_command("restore", "tar -C /srv -xpf /backup/origin.tar", [])
    resume = ("resume", it.home, f"file://{it.witnesses.replica}/live/")
    before = timestamp_version(it.home)
    refused = it.program.check(
        it.tap, "a home without the renewal does not resume", *resume, code=5)
    it.tap.check("it says which role is newer",
                 "root: expected version 1 at most" in refused.stderr,
                 refused.stderr)
    it.program.check(it.tap, "the candidate is published once more", "ceremony",
                     "publish", it.home, it.usb / "renewal.json", "--yes")
    it.program.check(it.tap, "now it resumes", *resume)
    it.sync("and signs everything again")
    it.tap.check("versions went up", timestamp_version(it.home) > before + 1000)
    it.site.serve(it.home)
    it.witnesses.all_follow("after a restore across a ceremony", it.home)


def check_lost_root_key(it):
    it.runbook.run("Runbook: a root key is lost")
    it.witnesses.all_follow("after the lost root key", it.home)
    it.tap.equal("root was replaced", versions(it.home, "root"), [3])


def check_stolen_online_key(it):
    """The thief serves what the stolen key signed, at the address of the
    origin, and is gone again."""
    thief = Thief(it.home, it.srv / "keys/online.pem", it.work / "thief")
    thief.fast_forward()
    it.site.serve(thief.home)
    it.witnesses.all_follow("the thief counts versions up", thief.home)
    it.site.serve(it.home)
    it.release("1.1")
    it.sync("the origin publishes with the stolen key")
    it.witnesses.all_refuse("the origin after the thief", "rollback")
    it.runbook.run("Runbook: the online key is stolen")
    it.witnesses.all_follow("after the rotation", it.home)
    it.release("1.2")
    it.sync("a release after the rotation")
    it.witnesses.all_follow("one release after the rotation", it.home)
    thief.go_on_from(it.home)
    it.site.serve(thief.home)
    it.witnesses.all_refuse("the thief after the rotation", "threshold")
    it.site.serve(it.home)


def check_stolen_offline_keys(it):
    """The thief has the key of targets, and a server that newcomers ask."""
    first_root = it.home / "live/metadata/1.root.json"
    online = it.usb / "stolen.pem"
    it.runbook.run_command(
        "the thief may have the online key and its passphrase",
        "tufmirror key convert /srv/keys/online-2.pem --unencrypted-keys "
        "--output /media/usb/stolen.pem", ["..."])
    forged = "<a href='trojan'>trojan</a>"
    thief = Thief(it.home, it.media / "anna/targets.pem", it.work / "thief-2")
    thief.replace_page(PAGE, forged.encode())
    it.site.serve(thief.home)
    said = it.witnesses.newcomer(first_root)
    it.tap.check("the key of targets alone is worth nothing",
                 "2.targets.json: expected at most" in said, said)
    thief.copy(it.home)
    thief.replace_page(PAGE, forged.encode(), online)
    it.tap.equal("what it is worth with the online key",
                 it.witnesses.newcomer(first_root), forged)
    it.site.serve(it.home)
    it.runbook.run("Runbook: the keys of targets or bins are stolen")
    it.witnesses.all_follow("after the keys of targets and bins", it.home)
    thief.copy(it.home)
    thief.replace_page(PAGE, forged.encode(), online)
    it.site.serve(thief.home)
    said = it.witnesses.newcomer(first_root)
    it.tap.check("the stolen key is worth nothing any more",
                 "signatures of targets: expected 1" in said, said)
    it.site.serve(it.home)
    it.release("1.3")
    it.sync("a release under the new keys")
    it.witnesses.all_follow("one release under the new keys", it.home)


def check_reminders(it):
    """Root is good for ten more days only: a quiet sync says so once a day."""
    candidate = "/media/usb/short.json"
    for command in (
            "begin /srv/origin --renew root --expires 10d --output " + candidate,
            f"sign {candidate} --key /media/anna/root-1.pem --yes",
            f"sign {candidate} --key /media/ben/root-2.pem --yes",
            f"publish /srv/origin {candidate} --yes"):
        it.runbook.run_command("a short life of root",
                               f"tufmirror ceremony {command}", ["..."])
    warning = ("warning: URGENT: root expires in 9 days, on 2027-11-22: a new "
               "version must be signed with its offline keys; call their "
               "holders together now")
    sync = "tufmirror sync /srv/origin"
    it.runbook.run_command("the first quiet sync warns", sync, [warning, "..."])
    it.runbook.run_command("the next one does not", sync, [])
    it.runbook.run_command("one that is asked does", f"{sync} -v",
                           [warning, "..."])
    it.runbook.run_command(
        "and so does the report", f"{sync} --json",
        ['...,"warnings":["' + warning.removeprefix("warning: ") +
         '"],"expiring":[{"role":"root","version":5,"expires":"2027-11-22T'
         '11:40:00Z","days_left":9,"urgency":"urgent"}]}'])


def check_new_root(it):
    """Witnesses are made anew, as the page says."""
    it.places["/srv/mirror"] = it.witnesses.replica
    it.places["/srv/client-trust"] = it.witnesses.trust
    it.places = it.runbook.places = dict(
        sorted(it.places.items(), key=lambda place: -len(place[0])))
    fingerprint = ("0d5c3f4e6cf0a7d9cbd7a6a3e1a2f0b1"
                   "f1f5f7c4b8a96e0d2c3b4a5968778695")
    it.runbook.run_command(
        "before", "tufmirror trust add pypi https://mirror.example/ --root "
        "/srv/origin/live/metadata/1.root.json", ["..."])

    def watch(number, step):
        if step.machine == "reader" and fingerprint not in it.places:
            new = it.srv / "origin-2"
            it.places[fingerprint] = sha256(
                (new / "live/metadata/1.root.json").read_bytes())
            it.site.serve(new)
            it.witnesses.all_refuse("before a reader acts", "threshold")

    it.runbook.run("Runbook: too many root keys are lost or stolen", watch)
    new = it.srv / "origin-2"
    it.witnesses.tufjs.trust(new / "live/metadata/1.root.json")
    it.witnesses.guard_trusts(["--trust", "pypi"], it.variables)
    it.witnesses.all_follow("with the new root", new)


def check_ceremonies(it):
    """One origin lives through all of it."""
    it.make_origin("--root-keys", "3", "--root-threshold", "2")
    hand_out_keys(it)
    it.runbook.run("Ceremonies")
    for check in (check_renewal, check_restore_of_before, check_lost_root_key,
                  check_stolen_online_key, check_stolen_offline_keys,
                  check_reminders, check_new_root):
        check(it)


if __name__ == "__main__":
    run_scenes([check_ceremonies])
