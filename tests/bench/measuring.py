"""What all parts of the benchmark share: running and measuring a command, a
server on loopback, repositories and what peers download of them."""

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
PARALLEL = 16

NGINX = """
{user}
worker_processes 2;
pid {root}/nginx.pid;
error_log {root}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path {root}/nginx-1;
  proxy_temp_path {root}/nginx-2;
  fastcgi_temp_path {root}/nginx-3;
  uwsgi_temp_path {root}/nginx-4;
  scgi_temp_path {root}/nginx-5;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    location ~ ^/stubbed-[0-9]+/packages/ {{
      return 200 "the same bytes for every target";
    }}
    location ~ ^/cost/.*\\.json$ {{
      default_type application/json;
      gzip on;
      gzip_comp_level 6;
      gzip_min_length 1000;
      gzip_types application/json;
    }}
    location ~ /simple/ {{
      default_type application/vnd.pypi.simple.v1+json;
      index index.v1_json;
    }}
  }}
}}
"""


@dataclasses.dataclass
class Usage:
  seconds: float
  peak_bytes: int  # resident
  output: bytes


@dataclasses.dataclass
class Row:
  what: str
  ours: str
  peer: str = "-"
  ratio: str = "-"
  mark: str = "-"


def say(text):
  print(f"bench: {text}", file=sys.stderr, flush=True)


def run(*command, errors=None):
  """Runs `command` and measures it; anything but success ends the bench."""
  with tempfile.NamedTemporaryFile(mode="r") as peak:
    # What wait4 says of a child of this script would never be below the
    # script's own peak; time(1) is small.
    words = ["time", "--quiet", "--format=%M", f"--output={peak.name}"]
    words += [str(word) for word in command]
    start = time.monotonic()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=errors,
                          check=False)
    seconds = time.monotonic() - start
    if done.returncode != 0:
      raise SystemExit(f"bench: exit code {done.returncode} of "
                       f"{' '.join(words)[:300]}\n"
                       f"{done.stdout.decode()[-2000:]}")
    return Usage(seconds, int(peak.read()) * 1024, done.stdout)


class Server:
  """An nginx that serves `root` until the with-block ends."""

  def __init__(self, root):
    with socket.socket() as probe:
      probe.bind(("127.0.0.1", 0))
      self.port = probe.getsockname()[1]
    self.url = f"http://127.0.0.1:{self.port}"
    user = "user root;" if os.geteuid() == 0 else ""
    self.config = root / "nginx.conf"
    self.config.write_text(
        NGINX.format(root=root, port=self.port, user=user))

  def __enter__(self):
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    self.process = subprocess.Popen(
        [binary, "-c", self.config, "-g", "daemon off;"])
    for _ in range(100):
      with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", self.port)) == 0:
          return self
      time.sleep(0.05)
    self.process.kill()
    raise SystemExit("bench: nginx does not answer")

  def __exit__(self, *_):
    self.process.send_signal(signal.SIGQUIT)
    self.process.wait()


class Bench:
  """The parts. None removes what it made: ext4 is slow to make files where
  others were removed within the last minutes, and some disks are busy long
  after a removal."""

  def __init__(self, arguments, build, root):
    self.scale = 10 if arguments.quick else 1
    self.tries = 1 if arguments.quick else 3
    self.program = build / "src/cli/tufmirror"
    self.make_repository = build / "tests/bench/make_repository"
    self.verify_benchmark = build / "tests/bench/verify_benchmark"
    self.make_day = build / "tests/bench/make_day"
    self.index_benchmark = build / "tests/bench/index_benchmark"
    self.publish_benchmark = build / "tests/bench/publish_benchmark"
    self.root = root

  def repository(self, name, targets, bits, *options):
    """Makes a repository below the document root; gives its files."""
    say(f"making a repository of {targets:,} targets")
    made = run(self.make_repository, self.root / name, targets, bits, *options)
    return made.output.decode().split()

  def replica(self, server, name, place):
    home = self.root / place
    run(self.program, "init", "replica", home, "--from",
        f"{server.url}/{name}", "--root",
        self.root / name / "metadata/1.root.json")
    return home

  def sync(self, home, *options):
    usage = run(self.program, "sync", home, "--json", *options)
    return usage, json.loads(usage.output)

  # Peers write the same files to directories that are there already.
  def peer_directory(self, place, files):
    peer = self.root / place
    for directory in {os.path.dirname(file) for file in files}:
      (peer / directory).mkdir(parents=True, exist_ok=True)
    os.sync()
    return peer

  def check_peer(self, peer, files, name="files"):
    for file in files:
      original = self.root / name / file
      copy = peer / file
      if not copy.is_file() or copy.stat().st_size != original.stat().st_size:
        raise SystemExit(f"bench: the peer did not get {file}")

  def curl(self, server, name, files, place, original="files"):
    peer = self.peer_directory(place, files)
    config = self.root / "curl.config"
    config.write_text("".join(
        f'url = "{server.url}/{name}/{file}"\noutput = "{peer / file}"\n'
        for file in files))
    usage = run("curl", "--silent", "--fail", "--parallel", "--parallel-max",
                PARALLEL, "--config", config, errors=subprocess.DEVNULL)
    self.check_peer(peer, files, original)
    return usage.seconds

  def wget2(self, server, name, files, place):
    peer = self.peer_directory(place, [f"{name}/{file}" for file in files])
    urls = self.root / "wget2.urls"
    urls.write_text("".join(f"{server.url}/{name}/{file}\n" for file in files))
    usage = run("wget2", "--no-config", "--quiet", "--no-robots",
                f"--max-threads={PARALLEL}", "--force-directories",
                "--no-host-directories", f"--directory-prefix={peer}",
                f"--input-file={urls}")
    self.check_peer(peer / name, files)
    return usage.seconds
