"""Bad input, as an operator meets it: every refusal has its exit code, names
operation and object, and leaves what is published as it was."""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys

from e2e_support import (Program, build_wheel, clean_environment,
                         work_directory)
from tap import Tap


class Operator:
    """Runs the program and looks at exit code and messages."""

    def __init__(self, tap, program):
        self.tap = tap
        self.program = program

    def refused(self, name, code, words, *arguments, **environment):
        result = subprocess.run(
            [self.program.path, *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, env=clean_environment(**environment), check=False)
        missing = [word for word in words if word not in result.stderr]
        self.tap.check(name, result.returncode == code and not missing,
                       f"exit code {result.returncode}, expected {code}\n"
                       f"missing: {missing}\n{result.stderr}")
        return result


def published(home):
    return (home / "live/metadata/timestamp.json").read_bytes()


def test_command_line(operator, work):
    operator.refused("a mistyped option", 2, ["--dry-rum"], "sync", work,
                     "--dry-rum")
    operator.refused("a command that does not exist", 2, ["tufmirror"],
                     "synch", work)
    operator.refused("a directory that is no home", 2, [str(work), "init"],
                     "sync", work)
    operator.refused("a home that is not there", 2, ["absent"], "sync",
                     work / "absent")
    operator.refused("a source that is not there", 2, ["absent"], "init",
                     "origin", work / "o", "--from", work / "absent",
                     "--unencrypted-keys")
    operator.refused("a threshold above the number of keys", 2, ["threshold"],
                     "init", "origin", work / "o", "--from", work,
                     "--unencrypted-keys", "--root-threshold", "2")


def test_roots(operator, work):
    junk = work / "junk.json"
    junk.write_text("<html>log in first</html>")
    operator.refused("a root that is HTML", 1, ["--root", str(junk)], "init",
                     "replica", work / "r", "--from", "http://127.0.0.1:9/",
                     "--root", junk)
    operator.refused("a root that is not there", 1, ["nothing.json"], "init",
                     "replica", work / "r", "--from", "http://127.0.0.1:9/",
                     "--root", work / "nothing.json")
    operator.refused("a URL that is none", 2, ["ftp"], "init", "replica",
                     work / "r", "--from", "ftp://127.0.0.1/", "--root", junk)
    operator.tap.check("no home is left behind", not (work / "r").exists())


def test_keys(operator, work):
    source = work / "source"
    build_wheel(source, "alpha", "1.0")
    home = work / "encrypted origin"
    made = operator.program
    result = subprocess.run(
        [made.path, "init", "origin", str(home), "--from", str(source),
         "--bits", "2"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False,
        env=clean_environment(TUFMIRROR_KEY_PASSPHRASE="right horse"))
    operator.tap.equal("init with a passphrase", result.returncode, 0)
    before = published(home)
    operator.refused("a wrong passphrase", 1, ["online.pem", "passphrase"],
                     "sync", home, TUFMIRROR_KEY_PASSPHRASE="wrong horse")
    operator.refused("no passphrase at all", 1, ["TUFMIRROR_KEY_PASSPHRASE"],
                     "sync", home)
    key = home / "keys/online.pem"
    key.chmod(0o644)
    operator.refused("a key that others may read", 1, ["644", "chmod 600"],
                     "sync", home, TUFMIRROR_KEY_PASSPHRASE="right horse")
    key.rename(work / "elsewhere.pem")
    operator.refused("a key that is not there", 1, ["online.pem"], "sync",
                     home, TUFMIRROR_KEY_PASSPHRASE="right horse")
    operator.tap.check("nothing new is served", published(home) == before)
    (work / "elsewhere.pem").rename(key)
    key.chmod(0o600)
    result = operator.refused("with key and passphrase it goes on", 0, [],
                              "sync", home, "-v",
                              TUFMIRROR_KEY_PASSPHRASE="right horse")
    secrets = [word for word in ("right horse", "wrong horse", "PRIVATE")
               if word in result.stderr + result.stdout]
    operator.tap.equal("no secret is printed", secrets, [])


def test_configuration(operator, home):
    config = home / "tufmirror.toml"
    text = config.read_text()
    config.write_text(text.replace("concurrency", "concurency"))
    operator.refused("an option that does not exist", 2,
                     ["upstream.concurency", "upstream.concurrency",
                      "tufmirror.toml:"], "sync", home)
    config.write_text(text.replace("retries = 4", 'retries = "four"'))
    operator.refused("a value of another type", 2,
                     ["upstream.retries", "an integer"], "sync", home)
    config.write_text(text)


def test_read_only(operator, home):
    before = published(home)
    subprocess.run(["mount", "--bind", home, home], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", home], check=True)
        operator.refused("a read-only file system", 1, ["ead-only"], "sync",
                         home)
    finally:
        subprocess.run(["umount", home], check=True)
    operator.tap.check("is still served", published(home) == before)


def test_interruption(operator, program, source, origin, url, root, work):
    """Ctrl-C during a slow download."""
    build_wheel(source, "large", "1.0",
                source="DATA = " + repr(os.urandom(600_000).hex()))
    program.run("sync", origin)
    home = work / "slow"
    program.run("init", "replica", home, "--from", url, "--root", root)
    config = home / "tufmirror.toml"
    config.write_text(config.read_text().replace(
        'max_rate = "0"', 'max_rate = "20kB"'))
    process = subprocess.Popen([program.path, "sync", str(home)],
                               stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True,
                               env=clean_environment())
    try:
        process.wait(timeout=3)
        operator.tap.check("the download is slow enough", False)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=30)[1]
        operator.tap.check("Ctrl-C stops a run with exit code 1",
                           process.returncode == 1 and "signal" in error,
                           f"{process.returncode}: {error}")
    operator.tap.check("nothing is published",
                       not (home / "live/metadata/timestamp.json").exists())
    config.write_text(config.read_text().replace('"20kB"', '"0"'))
    operator.refused("and the next run finishes", 0, [], "sync", home)


def test_upstreams(operator, program, home, origin, url):
    before = published(home)
    config = home / "tufmirror.toml"
    text = config.read_text()
    for name, address, code, words in [
            ("an upstream that is no TUF repository", url + "simple/", 1,
             ["timestamp", "404"]),
            ("an upstream that does not answer", "http://127.0.0.1:9/", 1,
             ["timestamp", "127.0.0.1"])]:
        config.write_text(text.replace(f'"{url}"', f'"{address}"')
                          .replace("retries = 4", "retries = 0"))
        operator.refused(name, code, words, "sync", home)
    config.write_text(text)
    operator.tap.check("neither changes what is served",
                       published(home) == before)
    status = json.loads(program.run("status", home, "--json").stdout)
    operator.tap.equal("status knows the last run",
                       status["last_run"]["exit_code"], 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source-root", required=True)
    parser.add_argument("--build-root", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--private-mounts", action="store_true")
    arguments = parser.parse_args()
    if not arguments.private_mounts:
        # A file system is made read-only here, for this test's eyes only.
        mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.execvp("unshare", ["unshare", *mapped, "--mount", sys.executable,
                              *sys.argv, "--private-mounts"])
    tap = Tap()
    program = Program(arguments.program)
    operator = Operator(tap, program)
    with work_directory() as work:
        test_command_line(operator, work)
        test_roots(operator, work)
        test_keys(operator, work)
        source = work / "wheels"
        build_wheel(source, "alpha", "1.0")
        origin = work / "origin"
        root = program.make_origin(tap, origin, source)
        with program.serve(origin) as url:
            home = pathlib.Path(work, "répliça with spaces")
            program.make_replica(tap, home, url, root)
            test_configuration(operator, home)
            test_read_only(operator, home)
            test_interruption(operator, program, source, origin, url, root,
                              work)
            test_upstreams(operator, program, home, origin, url)
    tap.finish()


if __name__ == "__main__":
    main()
