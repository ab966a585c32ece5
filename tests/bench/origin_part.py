"""Origins of a directory of distributions, and of any: what they sign."""

import json
import os
import time
import zipfile

from measuring import MIB, Bench, Row, run, say


class OriginBench(Bench):
  def make_wheel(self, directory, project, version):
    name = f"bench_project_{project:05}"
    wheel = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
      archive.writestr(f"{info}/METADATA",
                       f"Metadata-Version: 2.1\nName: {name}\n"
                       f"Version: {version}\nRequires-Python: >=3.8\n")
      archive.writestr(f"{info}/WHEEL",
                       "Wheel-Version: 1.0\nGenerator: bench\n"
                       "Root-Is-Purelib: true\nTag: py3-none-any\n")
      archive.writestr(f"{info}/RECORD", "")

  def origin(self):
    # Ten wheels a project: with core metadata and pages 22 targets.
    projects = 100_000 // 22 // self.scale
    wheels = self.root / "wheels"
    home = self.root / "origin"
    wheels.mkdir()
    say(f"making {projects * 10:,} wheels")
    for project in range(projects):
      for version in range(10):
        self.make_wheel(wheels, project, f"1.{version}")
    run(self.program, "init", "origin", home, "--from", wheels, "--bits", 7,
        "--unencrypted-keys", "--key-dir", self.root / "keys")
    say("origin: first build")
    os.sync()
    _, first = self.sync(home)
    phases = first["phases"]
    parts = ", ".join(f"{name} {s:.2f} s" for name, s in phases.items())
    say(f"phases of the first build: {parts}")
    scan = phases.get("scan", 0)
    changes = []
    for number in range(self.tries):
      self.make_wheel(wheels, 7, f"2.{number}")
      time.sleep(1.1)  # within a second of its change a file is read again
      os.sync()
      changes.append(self.sync(home))
    usage, report = min(changes, key=lambda change: change[0].seconds)
    parts = ", ".join(f"{name} {s * 1000:.0f} ms"
                      for name, s in report["phases"].items())
    say(f"phases of one changed project: {parts}")
    return [
        Row(f"origin: first build of {first['targets']:,} targets, "
            "scan apart", f"{first['seconds'] - scan:.1f} s", mark="<= 5 s"),
        Row("origin: one changed project in it",
            f"{usage.seconds * 1000:.0f} ms", mark="<= 150 ms"),
    ]

  def publish(self):
    """The metadata of new files, in a repository of an index's size."""
    count = 2_000_000 // self.scale
    self.repository("large", count, 12, "stubbed")
    say("publishing 500 files into it")
    usage = run(self.publish_benchmark, self.root / "large", 500)
    published = json.loads(usage.output)
    what = f"origin: 500 files into {count:,} targets"
    return [
        Row(f"{what}, {published['roles']:,} roles signed",
            f"{published['seconds']:.2f} s", mark="<= 2 s"),
        Row(f"{what}, peak resident",
            f"{published['peak_bytes'] / MIB:.0f} MiB", mark="<= 300 MB"),
    ]
