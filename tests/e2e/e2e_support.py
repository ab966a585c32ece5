"""What the end-to-end scripts share: the options that Meson gives them, running
the program, its server for as long as a `with` block lasts, wheels built with
nothing but zipfile, and the JavaScript packages."""

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import zipfile

from nginx_server import NginxServer

TIMEOUT = 300


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source-root", required=True)
    parser.add_argument("--build-root", required=True)
    parser.add_argument("--program", required=True)
    return parser.parse_args()


def clean_environment(**more):
    """The environment without what leads away from loopback or changes what
    pip, Python and Node do."""
    def is_kept(name):
        return not (name.lower().endswith("_proxy") or
                    name.startswith(("PIP_", "PYTHON", "TUFMIRROR_", "NODE_",
                                     "VIRTUAL_ENV")))
    kept = {name: value for name, value in os.environ.items() if is_kept(name)}
    return {**kept, **more}


@contextlib.contextmanager
def work_directory():
    with tempfile.TemporaryDirectory(prefix="tufmirror-e2e-") as directory:
        yield pathlib.Path(directory)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def describe(result):
    return (f"exit code {result.returncode}\nstdout: {result.stdout}\n"
            f"stderr: {result.stderr}")


class Program:
    """The tufmirror program."""

    def __init__(self, path):
        self.path = str(pathlib.Path(path).resolve())

    def run(self, *arguments):
        return subprocess.run(
            [self.path, *map(str, arguments)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT,
            env=clean_environment(), check=False)

    def check(self, tap, name, *arguments, code=0):
        """One check that the exit code is `code`; gives the result."""
        result = self.run(*arguments)
        tap.check(name, result.returncode == code, describe(result))
        return result

    def make_origin(self, tap, home, distributions, *options):
        self.check(tap, f"init origin {home.name}", "init", "origin", home,
                   "--from", distributions, "--unencrypted-keys", "--bits", "2",
                   *options)
        self.check(tap, f"first sync of {home.name}", "sync", home)
        return home / "live/metadata/1.root.json"

    def make_replica(self, tap, home, url, root):
        self.check(tap, f"init replica {home.name}", "init", "replica", home,
                   "--from", url, "--root", root)
        self.check(tap, f"first sync of {home.name}", "sync", home)

    def serve(self, home):
        return running_server([self.path, "serve", str(home),
                               "--listen", "127.0.0.1:0"], clean_environment())


@contextlib.contextmanager
def running_server(command, environment):
    """Gives the base URL, the first that the command prints."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=errors,
                                   env=environment)
        try:
            line = process.stdout.readline().decode()
            match = re.search(r"http://127\.0\.0\.1:\d+/", line)
            if match is None:
                process.kill()
                errors.seek(0)
                raise RuntimeError(f"{command} did not start: {line!r} "
                                   f"{errors.read().decode()!r}")
            yield match.group()
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve_with_nginx(source_root, home, run):
    """Serves a home with nginx and scripts/deploy/nginx.conf; gives the URL."""
    address = f"127.0.0.1:{free_port()}"
    with NginxServer(source_root, home, run, listen=address):
        yield f"http://{address}/"


def build_wheel(directory, name, version, requires=(), requires_python=None,
                source="", script=None):
    """Writes a pure Python wheel whose module is `name`, and whose command
    `script` calls its main(); gives its path."""
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name.replace('_', '-')}",
                f"Version: {version}"]
    if requires_python:
        metadata.append(f"Requires-Python: {requires_python}")
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    files = {
        f"{name}.py": f"VERSION = {version!r}\n{source}",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tufmirror-e2e\n"
                         "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = (
            f"[console_scripts]\n{script} = {name}:main\n")
    record = []
    for path, text in files.items():
        digest = hashlib.sha256(text.encode()).digest()
        encoded = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        record.append(f"{path},sha256={encoded},{len(text.encode())}\n")
    files[f"{info}/RECORD"] = "".join(record) + f"{info}/RECORD,,\n"
    directory.mkdir(parents=True, exist_ok=True)
    wheel = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def change_byte(path):
    """Changes one byte in place: every name of the file sees it."""
    os.chmod(path, 0o644)
    with open(path, "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)[0]
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))


class Javascript:
    """The packages of js/package-lock.json, installed below the build
    directory once for each content of the lock file, and the scripts in js/."""

    def __init__(self, source_root, build_root):
        self.scripts = pathlib.Path(source_root, "tests/e2e/js")
        self.directory = pathlib.Path(build_root, "tests/e2e/js")
        self.modules = self.directory / "node_modules"
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._install()

    def _install(self):
        wanted = sha256(b"\0".join(
            (self.scripts / name).read_bytes()
            for name in ("package.json", "package-lock.json")))
        stamp = self.directory / "installed"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(self.scripts / name, self.directory / name)
        result = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
             "--loglevel=error"], cwd=self.directory, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"npm ci: {describe(result)}")
        stamp.write_text(wanted, encoding="utf-8")

    def _environment(self):
        return clean_environment(NODE_PATH=str(self.modules))

    def run(self, script, *arguments):
        """Standard output of a script that must succeed."""
        result = subprocess.run(
            ["node", str(self.scripts / script), *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            encoding="utf-8", timeout=TIMEOUT, env=self._environment(),
            check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{script}: {describe(result)}")
        return result.stdout

    def serve(self, directory):
        return running_server(
            ["node", str(self.scripts / "serve_directory.js"), str(directory)],
            self._environment())
