#!/usr/bin/env python3
"""Real installers under `tufmirror exec` and `tufmirror guard --env`, with a
user's configuration and environment that name other indexes everywhere: only
the guard is asked."""

import os
import pathlib
import shutil
import subprocess
import sys

from e2e_support import (TIMEOUT, Program, build_wheel, clean_environment,
                         describe, free_port, parse_options, sha256,
                         work_directory)
from tap import Tap
from trap_server import TrapServer

SYSTEM_PYTHON = "/usr/bin/python3"
SYSTEM_WHEELS = pathlib.Path("/usr/share/python-wheels")
ALPHA = ("import beta_demo\n\n\ndef main():\n"
         "    print('alpha', VERSION, 'beta', beta_demo.VERSION)\n")
GOOD = "alpha 1.0 beta 1.1\n"
USE = "import alpha_demo; alpha_demo.main()"


def build_distributions(directory):
    """One project that needs another, and what pipx installs by itself."""
    build_wheel(directory, "alpha_demo", "1.0", ["beta-demo"], ">=3.6", ALPHA,
                script="alpha-demo")
    build_wheel(directory, "beta_demo", "1.1")
    for wheel in SYSTEM_WHEELS.glob("*.whl"):
        if wheel.name.partition("-")[0] in ("pip", "setuptools", "wheel"):
            shutil.copy(wheel, directory)


def build_trojans(directory):
    return {wheel.name: wheel.read_bytes() for wheel in (
        build_wheel(directory, "alpha_demo", "9.9", ["beta-demo"], source=ALPHA,
                    script="alpha-demo"),
        build_wheel(directory, "beta_demo", "9.9"))}


class User:
    """A home whose every configuration file and variable names the trap."""

    def __init__(self, work, trap_url):
        self.home = work / "home"
        self.trap = trap_url
        self.write(".config/pip/pip.conf",
                   f"[global]\nextra-index-url = {trap_url}simple/\n"
                   f"find-links = {trap_url}links/\ntrusted-host = 127.0.0.1\n"
                   f"[install]\nextra-index-url = {trap_url}simple/\n")
        self.write(".config/pdm/config.toml",
                   f'[pypi]\nurl = "{trap_url}simple/"\n')
        self.environment = clean_environment(
            HOME=str(self.home), XDG_CONFIG_HOME=str(self.home / ".config"),
            XDG_DATA_HOME=str(self.home / ".local/share"),
            XDG_CACHE_HOME=str(self.home / ".cache"),
            XDG_RUNTIME_DIR=str(self.home / "run"),
            PIPX_HOME=str(self.home / "pipx"),
            PIPX_BIN_DIR=str(self.home / "bin"),
            PIPX_DEFAULT_PYTHON=SYSTEM_PYTHON,
            PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1",
            PIP_RETRIES="0", PIP_NO_CACHE_DIR="1", PDM_CHECK_UPDATE="0",
            # The poison. The guard itself heeds https_proxy, and http_proxy in
            # small letters only, as curl does; its mirror is on http.
            PIP_EXTRA_INDEX_URL=f"{trap_url}simple/",
            PIP_FIND_LINKS=f"{trap_url}links/", PIP_TRUSTED_HOST="127.0.0.1",
            PIP_PROXY=trap_url, HTTP_PROXY=trap_url, HTTPS_PROXY=trap_url,
            UV_EXTRA_INDEX_URL=f"{trap_url}simple/",
            PDM_IGNORE_STORED_INDEX="1")

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *command, cwd=None, **more):
        return subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT,
            env={**self.environment, **more}, cwd=cwd or self.home,
            check=False)


def pythons():
    """The interpreters whose venv brings a pip, each version of pip once."""
    return sorted({os.path.realpath(path)
                   for path in (sys.executable, SYSTEM_PYTHON)})


def make_environment(python, directory):
    """A virtual environment; gives its interpreter and the version of pip."""
    subprocess.run([python, "-m", "venv", str(directory)], check=True,
                   timeout=TIMEOUT, env=clean_environment())
    inside = directory / "bin/python"
    version = subprocess.run([inside, "-m", "pip", "--version"], check=True,
                             capture_output=True, text=True, timeout=TIMEOUT,
                             env=clean_environment()).stdout.split()[1]
    return inside, version


def check_trust(tap, program, user, url, root):
    """Nothing but the root that the user was told is trusted."""
    def trust(name, code, *arguments):
        result = user.run(program.path, "trust", *arguments)
        tap.check(f"trust: {name}", result.returncode == code, describe(result))
        return result

    fingerprint = sha256(root.read_bytes())
    wrong = sha256(b"another root")
    result = trust("a wrong fingerprint is refused", 5, "add", "demo", url,
                   "--fingerprint", wrong)
    tap.check("trust: the message has both fingerprints",
              wrong in result.stderr and fingerprint in result.stderr,
              result.stderr)
    tap.equal("trust: nothing was added", trust("list", 0, "list").stdout, "")
    result = user.run(program.path, "exec", "--", "true")
    tap.check("exec needs something to trust", result.returncode == 2 and
              "trust add" in result.stderr, describe(result))
    trust("add", 0, "add", "demo", url, "--fingerprint",
          "SHA256:" + fingerprint.upper())
    trust("the same again", 0, "add", "demo", url, "--fingerprint", fingerprint)
    result = trust("another root of the same name is refused", 5, "add", "demo",
                   url, "--fingerprint", wrong)
    tap.check("trust: the message says what to do",
              "tufmirror trust remove demo" in result.stderr, result.stderr)
    tap.equal("trust: list", trust("list again", 0, "list").stdout,
              f"demo {url}\n")
    tap.check("trust: show has the fingerprint",
              fingerprint in trust("show", 0, "show", "demo").stdout)
    trust("a name that is not there", 1, "show", "other")
    tap.equal("trust: the store is the user's only", oct(
        (user.home / ".local/share/tufmirror/trust").stat().st_mode & 0o777),
        "0o700")


def check_pip(tap, program, user, trap, work):
    """Plain pip falls into the trap; pip under exec never asks it."""
    for number, python in enumerate(pythons()):
        inside, version = make_environment(python, work / f"venv-{number}")
        user.write(inside.parent.parent / "pip.conf",
                   f"[global]\nextra-index-url = {trap.url}simple/\n")
        label = f"pip {version}"
        trap.requests.clear()
        result = user.run(inside, "-m", "pip", "download", "--no-deps",
                          "--index-url", f"{trap.url}simple/", "-d",
                          work / f"plain-{number}", "alpha-demo")
        tap.check(f"{label}: alone it takes the trojan", trap.requests and
                  list((work / f"plain-{number}").glob("alpha_demo-9.9-*")),
                  describe(result))
        trap.requests.clear()
        result = user.run(program.path, "exec", "--", inside, "-m", "pip",
                          "install", "alpha-demo")
        tap.check(f"{label}: installs under exec", result.returncode == 0,
                  describe(result))
        tap.equal(f"{label}: nobody else was asked", trap.requests, [])
        summary = result.stderr.splitlines()[-1] if result.stderr else ""
        tap.check(f"{label}: the summary", summary.startswith("tufmirror: ") and
                  "verified" in summary and "of metadata; from http://" in
                  summary and "refused" not in summary, result.stderr)
        tap.equal(f"{label}: the good ones are there",
                  user.run(inside, "-c", USE).stdout, GOOD)


def check_pipx(tap, program, user, trap):
    trap.requests.clear()
    result = user.run(program.path, "exec", "--", "pipx", "install",
                      "alpha-demo")
    tap.check("pipx: installs under exec", result.returncode == 0,
              describe(result))
    tap.equal("pipx: nobody else was asked", trap.requests, [])
    tap.equal("pipx: the command works",
              user.run(user.home / "bin/alpha-demo").stdout, GOOD)


def check_pdm(tap, program, user, trap):
    project = user.home / "pdm-project"
    user.write("pdm-project/pyproject.toml",
               '[project]\nname = "demo"\nversion = "1"\n'
               'requires-python = ">=3.8"\ndependencies = ["alpha-demo"]\n')
    user.run(SYSTEM_PYTHON, "-m", "venv", project / ".venv")
    trap.requests.clear()
    result = user.run(program.path, "exec", "--", "pdm", "install", "--no-self",
                      cwd=project, PDM_USE_VENV="1",
                      PDM_PYTHON=str(project / ".venv/bin/python"))
    tap.check("pdm: installs under exec", result.returncode == 0,
              describe(result))
    tap.equal("pdm: nobody else was asked", trap.requests, [])
    tap.equal("pdm: the good ones are there",
              user.run(project / ".venv/bin/python", "-c", USE).stdout, GOOD)


def check_poetry(tap, program, user, trap):
    """poetry asks the sources of its project, so that names the guard."""
    port = free_port()
    project = user.home / "poetry-project"
    user.write("poetry-project/pyproject.toml",
               '[tool.poetry]\nname = "demo"\nversion = "1"\n'
               'description = ""\nauthors = []\n'
               '[tool.poetry.dependencies]\npython = ">=3.8"\n'
               'alpha-demo = "*"\n[[tool.poetry.source]]\nname = "guard"\n'
               f'url = "http://127.0.0.1:{port}/simple/"\ndefault = true\n')
    trap.requests.clear()
    result = user.run(
        program.path, "exec", "--listen", f"127.0.0.1:{port}", "--", "poetry",
        "install", "--no-root", "--no-interaction", cwd=project,
        POETRY_VIRTUALENVS_IN_PROJECT="true",
        PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
        POETRY_CACHE_DIR=str(user.home / "poetry-cache"))
    tap.check("poetry: installs under exec", result.returncode == 0,
              describe(result))
    tap.equal("poetry: nobody else was asked", trap.requests, [])
    tap.equal("poetry: the good ones are there",
              user.run(project / ".venv/bin/python", "-c", USE).stdout, GOOD)


def check_shell(tap, program, user, trap, work):
    """guard --env: for a shell, until it says --kill."""
    inside, _ = make_environment(SYSTEM_PYTHON, work / "venv-shell")
    trap.requests.clear()
    script = f"""
set -e
guard=$({program.path} guard --env)
eval "$guard"
test -n "$TUFMIRROR_GUARD_PID"
test -z "${{PIP_EXTRA_INDEX_URL-}}$PIP_PROXY"
echo "$TUFMIRROR_GUARD_PID"
{inside} -m pip -q install alpha-demo
eval "$({program.path} guard --env --kill)"
echo "${{PIP_INDEX_URL-unset}} ${{TUFMIRROR_GUARD_PID-unset}}"
"""
    result = user.run("sh", "-c", script)
    tap.check("shell: installs with guard --env", result.returncode == 0,
              describe(result))
    lines = result.stdout.splitlines()
    tap.equal("shell: --kill unsets", lines[-1:], ["unset unset"])
    tap.equal("shell: nobody else was asked", trap.requests, [])
    tap.equal("shell: the good ones are there",
              user.run(inside, "-c", USE).stdout, GOOD)
    result = user.run(program.path, "guard", "--env", "--kill",
                      TUFMIRROR_GUARD_PID=str(os.getpid()))
    tap.check("shell: --kill leaves another process alone",
              result.returncode == 0, describe(result))
    result = user.run(program.path, "guard", "--env", "--trust", "nobody")
    tap.check("shell: a guard that cannot start says why",
              result.returncode == 1 and result.stdout == "" and
              "known: demo" in result.stderr, describe(result))


def check_offline(tap, program, user, work):
    """The mirror is down. What is cached is served, as long as it is good."""
    inside, _ = make_environment(SYSTEM_PYTHON, work / "venv-offline")
    result = user.run(program.path, "exec", "--offline", "--", inside, "-m",
                      "pip", "install", "alpha-demo")
    tap.check("offline: installs from the cache", result.returncode == 0,
              describe(result))
    tap.equal("offline: the good ones are there",
              user.run(inside, "-c", USE).stdout, GOOD)
    record = user.home / ".local/share/tufmirror/trust/demo/mirror.json"
    text = record.read_text(encoding="utf-8")
    year = text.partition('"added": "')[2][:4]
    record.write_text(text.replace(f'"added": "{year}', '"added": "2999'),
                      encoding="utf-8")
    result = user.run(program.path, "exec", "--offline", "--", "true")
    tap.check("a clock that is behind is refused", result.returncode == 5 and
              "your clock says" in result.stderr, describe(result))


def main():
    options = parse_options()
    program = Program(options.program)
    tap = Tap()
    with work_directory() as work:
        build_distributions(work / "distributions")
        with TrapServer(build_trojans(work / "trojans")) as trap:
            user = User(work, trap.url)
            root = program.make_origin(tap, work / "origin",
                                       work / "distributions")
            with program.serve(work / "origin") as url:
                check_trust(tap, program, user, url, root)
                check_pip(tap, program, user, trap, work)
                check_pipx(tap, program, user, trap)
                check_pdm(tap, program, user, trap)
                check_poetry(tap, program, user, trap)
                check_shell(tap, program, user, trap, work)
            check_offline(tap, program, user, work)
    tap.finish()


if __name__ == "__main__":
    main()
