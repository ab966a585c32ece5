"""Origins of a simple index."""

import hashlib
import json
import os
import random
import re
import time

from measuring import Bench, Row, run, say


class IndexBench(Bench):
  def index(self, server):
    """An origin of an index of 1,000 projects, against curl on its files."""
    universe = Universe(self.root / "index", 1000 // self.scale)
    files = universe.make(20)
    count = len(files)
    ours, curl, phases = [], [], {}
    for number in range(self.tries):
      say(f"index: first sync, curl: try {number + 1}")
      home = self.index_origin(server, "index", f"index-{number}")
      os.sync()
      usage, report = self.sync(home)
      if not ours or usage.seconds < min(ours):
        phases = report["phases"]
      ours.append(usage.seconds)
      curl.append(self.curl(server, "index", files, f"index-curl-{number}",
                            "index"))
    parts = ", ".join(f"{name} {s:.2f} s" for name, s in phases.items())
    say(f"phases of the best first sync: {parts}")
    idle = [self.sync(home) for _ in range(5)]
    projects = 50 // min(self.scale, 5)
    universe.release(projects)
    os.sync()
    changed, report = self.sync(home)
    say(f"{report['files_downloaded']} files of {projects} changed projects")
    return [
        Row(f"index: first sync of {count:,} files",
            f"{count / min(ours):,.0f} files/s",
            f"curl {count / min(curl):,.0f}",
            f"{min(curl) / min(ours):.2f}", ">= 0.8"),
        Row("index: nothing new, wall",
            f"{min(u.seconds for u, _ in idle) * 1000:.1f} ms"),
        Row("index: nothing new, requests",
            str(max(r["requests"] for _, r in idle)), mark="1"),
        Row(f"index: {projects} changed projects",
            f"{changed.seconds * 1000:.0f} ms"),
    ] + self.root_list(server) + self.pages_and_versions()

  def index_origin(self, server, name, place):
    home = self.root / place
    run(self.program, "init", "origin", home, "--from",
        f"{server.url}/{name}/simple/", "--bits", 6, "--unencrypted-keys",
        "--key-dir", self.root / f"{place}-keys")
    # The background sweep asks for some pages whether they changed or not.
    self.set_option(home, "sweep_share", 0)
    return home

  @staticmethod
  def set_option(home, name, value):
    config = home / "tufmirror.toml"
    text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}",
                          config.read_text(), count=1)
    if count != 1:
      raise SystemExit(f"bench: no option {name} in {config}")
    config.write_text(text)

  def root_list(self, server):
    """A list as long as that of the largest index, of which a handful is
    mirrored, read again though nothing of it changed."""
    count = 900_000 // self.scale
    say(f"making a list of {count:,} projects")
    universe = Universe(self.root / "long", 10)
    universe.make(2)
    home = self.index_origin(server, "long", "long-list")
    # A glob needs the list; names alone would not.
    self.set_option(home, "projects", '["project-0000*"]')
    universe.write_list(count)
    self.sync(home)
    results = []
    for _ in range(self.tries):
      universe.write_list(count)  # another ETag: read, compared, unchanged
      time.sleep(1.1)
      os.utime(universe.list_path)
      results.append(self.sync(home))
    size = universe.list_path.stat().st_size
    return [
        Row(f"index: list of {count:,} projects ({size / 1e6:.0f} MB) "
            "unchanged, wall",
            f"{min(u.seconds for u, _ in results):.2f} s", mark="<= 0.3 s"),
        Row("the same, resident",
            f"{max(u.peak_bytes for u, _ in results) / 1e6:.0f} MB",
            mark="<= 150 MB"),
    ]

  def pages_and_versions(self):
    say("rendering pages, sorting versions")
    usage = run(self.index_benchmark, "--benchmark_format=json",
                "--benchmark_min_time=1",
                f"--benchmark_repetitions={self.tries}")
    entries = [entry for entry in json.loads(usage.output)["benchmarks"]
               if entry.get("run_type") == "iteration"]

    def best(name):
      return max(entry["items_per_second"] for entry in entries
                 if entry["run_name"] == name)

    return [
        Row("index: pages of 20 files rendered and hashed, one core",
            f"{best('RenderProject'):,.0f} /s", mark=">= 5,000 /s"),
        Row("index: versions parsed and sorted, one core",
            f"{best('ParseAndSortVersions'):,.0f} /s", mark=">= 1,000,000 /s"),
    ]


class Universe:
  """A plain index in a directory: pages as PEP 691 has them, and files."""

  def __init__(self, root, projects):
    self.root = root
    self.projects = projects
    self.random = random.Random(1)
    self.serial = 0
    self.pages = {}  # files by project
    self.serials = {}
    self.list_path = root / "simple/index.v1_json"

  def make(self, files_of_each):
    """Gives the paths of the files."""
    say(f"making an index of {self.projects * files_of_each:,} files")
    files = []
    for number in range(self.projects):
      name = f"project-{number:05}"
      self.pages[name] = []
      for version in range(files_of_each):
        files.append(self.add_file(name, f"1.{version}"))
      self.write_page(name)
    self.write_list(self.projects)
    return files

  def add_file(self, name, version):
    size = int(self.random.lognormvariate(9.903, 0.877))  # median 20 KB
    content = self.random.randbytes(size)
    filename = f"{name}-{version}.tar.gz"
    path = f"packages/{name}/{filename}"
    (self.root / path).parent.mkdir(parents=True, exist_ok=True)
    (self.root / path).write_bytes(content)
    self.pages[name].append({
        "filename": filename, "url": f"../../{path}", "size": size,
        "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
        "upload-time": "2026-01-01T00:00:00.000000Z",
        "requires-python": ">=3.8", "yanked": False})
    return path

  def write_page(self, name):
    self.serial += 1
    page = self.root / "simple" / name / "index.v1_json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(json.dumps({
        "meta": {"api-version": "1.4", "_last-serial": self.serial},
        "name": name, "files": self.pages[name]}))
    self.serials[name] = self.serial

  def write_list(self, count):
    """Of `count` projects: those that there are, and names alone."""
    self.list_path.parent.mkdir(parents=True, exist_ok=True)
    with self.list_path.open("w") as out:
      out.write('{"meta":{"_last-serial":%d,"api-version":"1.4"},"projects":['
                % self.serial)
      for number in range(count):
        name = f"project-{number:05}"
        out.write('%s{"_last-serial":%d,"name":"%s"}' % (
            "," if number else "", self.serials.get(name, 1), name))
      out.write("]}")

  def release(self, projects):
    for number in range(projects):
      name = f"project-{number:05}"
      self.add_file(name, "2.0")
      self.write_page(name)
    self.write_list(self.projects)
