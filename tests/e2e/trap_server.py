"""A loopback server that nobody should ask. It offers every project in a
higher version, and as a proxy it answers for every host; it notes each request."""

import http.server

import loopback_server


class TrapServer(loopback_server.LoopbackServer):
    """For a `with` block. `files`: file name -> bytes."""

    def __init__(self, files):
        self.requests = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append(f"{self.command} {self.path}")
                name = self.path.rpartition("/")[2]
                if name in files:
                    self.answer("application/octet-stream", files[name])
                    return
                project = self.path.rstrip("/").rpartition("/")[2]
                links = "".join(
                    f'<a href="/{name}">{name}</a>\n' for name in files
                    if name.startswith(project.replace("-", "_") + "-"))
                self.answer("text/html", links.encode())

            do_HEAD = do_GET
            do_POST = do_GET
            do_CONNECT = do_GET

            def answer(self, kind, body):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(Handler)
