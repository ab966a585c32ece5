"""A real nginx with the configuration from scripts/deploy, on a Unix socket
(no port to collide on), for as long as a `with` block lasts."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import time

MAIN = """
daemon off;
{user}
worker_processes 1;
pid {run}/nginx.pid;
error_log {run}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    include {run}/tufmirror.conf;
}}
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class NginxServer:
    """`listen`: "unix" (default) or an address with a port for others."""

    def __init__(self, source_root, home, run, listen=None):
        self.run = pathlib.Path(run)
        self.run.mkdir(parents=True, exist_ok=True)
        self.socket = str(self.run / "http.sock")
        template = pathlib.Path(source_root, "scripts/deploy/nginx.conf")
        text = template.read_text(encoding="utf-8")
        for name, value in (("@HOME@", str(home)), ("@NAME@", "localhost"),
                            ("@LISTEN@", listen or f"unix:{self.socket}")):
            text = text.replace(name, value)
        (self.run / "tufmirror.conf").write_text(text, encoding="utf-8")
        user = "user root;" if os.geteuid() == 0 else ""
        (self.run / "nginx.conf").write_text(
            MAIN.format(run=self.run, user=user), encoding="utf-8")
        self.process = None

    def __enter__(self):
        nginx = shutil.which("nginx") or shutil.which(
            "nginx", path="/usr/sbin:/usr/local/sbin")
        if nginx is None:
            raise RuntimeError("nginx is not installed: "
                               "scripts/install-dependencies test")
        self.process = subprocess.Popen(
            [nginx, "-c", str(self.run / "nginx.conf"), "-p", str(self.run),
             "-e", str(self.run / "error.log")])
        deadline = time.monotonic() + 60
        while not (self.run / "nginx.pid").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = (self.run / "error.log").read_text(encoding="utf-8")
                raise RuntimeError(f"nginx did not start:\n{log}")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def request(self, target, method="GET", **headers):
        """One request; header names with '_' for '-'. Gives (response, body)."""
        connection = UnixConnection(self.socket)
        connection.putrequest(method, target, skip_host=True,
                              skip_accept_encoding=True)
        headers.setdefault("Host", "localhost")
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body
