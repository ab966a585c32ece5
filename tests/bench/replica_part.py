"""Replicas, and the verification of what they fetch."""

import hashlib
import json
import os
import time

from measuring import MIB, Bench, Row, run, say


class ReplicaBench(Bench):
  def first_sync(self, server):
    count = 16_000 // self.scale
    files = self.repository("files", count, 8)
    ours, curl, wget2, phases = [], [], [], {}
    for number in range(self.tries):
      say(f"first sync, curl, wget2: try {number + 1}")
      home = self.replica(server, "files", f"first-{number}")
      os.sync()
      usage, report = self.sync(home)
      if not ours or usage.seconds < min(ours):
        phases = report["phases"]
      ours.append(usage.seconds)
      curl.append(self.curl(server, "files", files, f"curl-{number}"))
      wget2.append(self.wget2(server, "files", files, f"wget2-{number}"))
    best = min(min(curl), min(wget2))
    parts = ", ".join(f"{name} {s:.2f} s" for name, s in phases.items())
    say(f"phases of the best first sync: {parts}")
    return [Row(f"replica: first sync of {count:,} files",
                f"{count / min(ours):,.0f} files/s",
                f"curl {count / min(curl):,.0f}, "
                f"wget2 {count / min(wget2):,.0f}",
                f"{best / min(ours):.2f}", ">= 0.9")]

  def unchanged(self, server):
    count = 100_000 // self.scale
    name = f"stubbed-{count}"
    self.repository(name, count, 7, "stubbed")
    home = self.replica(server, name, "unchanged")
    say("first sync of it")
    self.sync(home)
    results = [self.sync(home) for _ in range(10)]
    requests = max(report["requests"] for _, report in results)
    what = f"replica: nothing new in {count:,} targets"
    return [
        Row(f"{what}, wall",
            f"{min(u.seconds for u, _ in results) * 1000:.1f} ms",
            mark="<= 30 ms"),
        Row(f"{what}, resident",
            f"{max(u.peak_bytes for u, _ in results) / MIB:.1f} MiB",
            mark="<= 30 MB"),
        Row(f"{what}, requests", str(requests), mark="1"),
    ]

  def verification(self):
    say("verifying bins")
    usage = run(self.verify_benchmark, "--benchmark_format=json",
                "--benchmark_filter=^(Verify/canonical|VerifyDelegated)",
                "--benchmark_min_time=1",
                f"--benchmark_repetitions={self.tries}")
    entries = [entry for entry in json.loads(usage.output)["benchmarks"]
               if entry.get("run_type") == "iteration"]

    def best(name):
      return max(entry["bytes_per_second"] / 1e6 for entry in entries
                 if entry["run_name"] == name)

    verified, modelled = best("Verify/canonical"), best("VerifyDelegated")
    python = self.python_floor()
    return [
        Row("verify a bin of 1,100 targets", f"{verified:,.0f} MB/s",
            f"Python without signature {python:,.0f} MB/s",
            f"{verified / python:.1f}", ">= 250 MB/s"),
        Row("the same, and read its targets", f"{modelled:,.0f} MB/s"),
    ]

  def python_floor(self):
    """What Python's own C modules need to parse, rewrite and hash a bin."""
    self.repository("bins", 2200, 1, "stubbed")
    text = max((self.root / "bins/metadata").glob("*.bin-*"),
               key=lambda path: path.stat().st_size).read_bytes()
    best = 0
    for _ in range(20):
      start = time.perf_counter()
      canonical = json.dumps(json.loads(text)["signed"], sort_keys=True,
                             separators=(",", ":"))
      hashlib.sha256(text).digest()
      hashlib.sha256(canonical.encode()).digest()
      best = max(best, len(text) / 1e6 / (time.perf_counter() - start))
    return best

  def memory(self, server):
    count = 1_000_000 // self.scale
    name = f"stubbed-{count}"
    self.repository(name, count, 10, "stubbed")
    home = self.replica(server, name, "memory")
    say("syncing it; files are stubbed by the server")
    usage, report = self.sync(home)
    parts = ", ".join(f"{name} {s:.1f} s"
                      for name, s in report["phases"].items())
    say(f"{usage.seconds:.1f} s: {parts}")
    return [Row(f"replica: {count:,} targets, peak resident",
                f"{usage.peak_bytes / MIB:.0f} MiB", mark="<= 150 MB")]
