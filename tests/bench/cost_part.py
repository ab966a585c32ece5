"""What verification costs the user of an installer."""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

from measuring import MIB, Row, run, say


class User:
  """What the guard costs a user of a repository as large as the largest index:
  17 million targets in 2^14 bins, of which he installs 30 packages."""

  PACKAGES = 30
  # PEP 458's estimates for 2.3 million targets.
  PEP_458_NEW = "PEP 458: 1,500 KB"
  PEP_458_RETURNING = "PEP 458: 108 to 207 KB"

  def __init__(self, bench, server):
    self.bench = bench
    self.server = server
    self.root = bench.root / "cost"
    self.names = [f"user-package-{number:02}" for number in range(self.PACKAGES)]
    self.random = random.Random(1)
    self.places = 0

  def cost(self):
    say("making a day of a repository of 17,000,000 targets")
    self.make()
    run(sys.executable, "-m", "venv", self.root / "venv")
    os.environ.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1",
                      PIP_DISABLE_PIP_VERSION_CHECK="1")
    one, all_names = self.names[:1], self.names

    def row(what, size, packages, peer, mark="-"):
      return Row(f"cost: metadata a package, {what}",
                 f"{size / packages / 1000:,.1f} KB", peer, mark=mark)

    self.go_to(0)
    rows = [
        row("new user, one package", self.metadata("one", one, "1.0"), 1,
            self.PEP_458_NEW, "< 500 KB"),
        row("new user, 30 packages", self.metadata("all", all_names, "1.0"),
            30, self.PEP_458_NEW, "< 500 KB"),
    ]
    shutil.copytree(self.root / "all-trust", self.root / "same-trust")
    self.go_to(1)
    rows += [
        row("a day later, one package, upgraded",
            self.metadata("one", one, "2.0"), 1, self.PEP_458_RETURNING,
            "< 160 KB"),
        row("a day later, 30 packages, upgraded",
            self.metadata("all", all_names, "2.0"), 30,
            self.PEP_458_RETURNING, "< 160 KB"),
        row("a day later, 30 packages, as they were",
            self.metadata("same", all_names, "1.0"), 30,
            self.PEP_458_RETURNING, "< 160 KB"),
    ]
    self.go_to(2)
    rows.append(row("15 minutes later, 30 packages",
                    self.metadata("all", all_names, "2.0"), 30,
                    self.PEP_458_RETURNING))
    return rows + self.installs()

  def make(self):
    """Two versions of each package, and the metadata of three moments."""
    self.root.mkdir()
    trees = [self.root / str(moment) for moment in range(3)]
    files = {name: [] for name in self.names}
    for version, moments in (("1.0", trees), ("2.0", trees[1:])):
      listed = {}
      for name in self.names:
        for file, data in self.wheel(name, version):
          path = f"packages/{name}/{file}"
          self.write(moments, path, data, listed)
          if file.endswith(".whl"):
            files[name].append({"filename": file, "data": data})
          else:
            files[name][-1]["core"] = data
        page = self.page(name, files[name]).encode()
        self.write(moments, f"simple/{name}/index.v1_json", page, listed)
      moment = 0 if version == "1.0" else 1
      lines = "".join(f"{path} {digest} {size}\n"
                      for path, (digest, size) in sorted(listed.items()))
      (self.root / f"targets-{moment}").write_text(lines)
    run(self.bench.make_day, self.root)

  def write(self, trees, path, data, listed):
    digest = hashlib.sha256(data).hexdigest()
    listed[path] = digest, len(data)
    directory, name = os.path.split(path)
    for tree in trees:
      (tree / directory).mkdir(parents=True, exist_ok=True)
      (tree / path).write_bytes(data)
      (tree / directory / f"{digest}.{name}").write_bytes(data)

  def wheel(self, name, version):
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    contents = {
        f"{module}/__init__.py": b"",
        f"{module}/data.bin": self.random.randbytes(200_000),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: bench\n"
                         b"Root-Is-Purelib: true\nTag: py3-none-any\n"}
    lines = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    contents[f"{info}/RECORD"] = lines.encode()
    with tempfile.TemporaryFile() as file:
      with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in contents.items():
          archive.writestr(path, data)
      file.seek(0)
      wheel = f"{module}-{version}-py3-none-any.whl"
      return [(wheel, file.read()), (f"{wheel}.metadata", metadata.encode())]

  @staticmethod
  def page(name, files):
    def sha256(data):
      return {"sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps({
        "meta": {"api-version": "1.1"}, "name": name,
        "versions": [file["filename"].split("-")[1] for file in files],
        "files": [{"filename": file["filename"],
                   "url": f"../../packages/{name}/{file['filename']}",
                   "hashes": sha256(file["data"]), "size": len(file["data"]),
                   "core-metadata": sha256(file["core"])} for file in files]})

  def go_to(self, moment):
    link = self.root / "next"
    link.symlink_to(str(moment))
    link.rename(self.root / "live")

  def mirror(self, user):
    trust, cache = self.root / f"{user}-trust", self.root / f"{user}-cache"
    return ["--mirror", f"{self.server.url}/cost/live/", "--root",
            self.root / "0/metadata/1.root.json", "--trust-dir", trust,
            "--cache", cache]

  def pip(self, names, version, *options):
    self.places += 1
    return [self.root / "venv/bin/python", "-m", "pip", "install", "--quiet",
            "--no-deps", "--no-compile", "--target",
            self.root / f"installed-{self.places}", *options,
            *(f"{name}=={version}" for name in names)]

  def metadata(self, user, names, version):
    """Bytes of metadata that one `pip install` takes."""
    usage = run(self.bench.program, "exec", *self.mirror(user), "--",
                *self.pip(names, version), errors=subprocess.STDOUT)
    found = re.search(rb"(\d+) bytes of metadata", usage.output)
    if not found:
      raise SystemExit(f"bench: no summary: {usage.output.decode()}")
    return int(found[1])

  def installs(self):
    """pip through a guard that has everything, against pip alone."""
    guard = subprocess.Popen(
        list(map(str, [self.bench.program, "guard", *self.mirror("all"),
                       "--listen", "127.0.0.1:0"])),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
      guarded_url = self.url_of(guard)
      plain_url = f"{self.server.url}/cost/live/simple/"
      seconds = {guarded_url: [], plain_url: []}
      for number in range(self.bench.tries + 1):
        say(f"pip install of {self.PACKAGES} packages: try {number}")
        for url, times in seconds.items():
          times.append(run(*self.pip(self.names, "2.0", "--index-url",
                                     url)).seconds)
      status = pathlib.Path(f"/proc/{guard.pid}/status").read_text()
      peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024
    finally:
      guard.terminate()
      guard.wait()
    # The first try made things warm.
    guarded, plain = (min(times[1:]) for times in seconds.values())
    return [
        Row("cost: warm pip install of 30 packages", f"{guarded:.2f} s",
            f"pip alone {plain:.2f} s", f"{guarded / plain:.2f}", "<= 1.1"),
        Row("cost: guard, peak resident", f"{peak / MIB:.0f} MiB",
            mark="<= 100 MB"),
    ]

  @staticmethod
  def url_of(guard):
    for line in guard.stdout:
      found = re.search(r"http://127\.0\.0\.1:\d+/(simple/)?", line)
      if found:
        return found[0] if found[1] else found[0] + "simple/"
    raise SystemExit("bench: the guard did not start")
