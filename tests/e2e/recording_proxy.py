"""A loopback HTTP server in front of another one. It notes what was answered,
how and with which type, and can ask for a type of its own in place of the
client's: what an installer does that knows no JSON."""

import http.client
import http.server
import urllib.parse

import loopback_server

# What makes a request conditional or partial, and its answer.
REQUEST_HEADERS = ("If-None-Match", "If-Range", "Range")
RESPONSE_HEADERS = ("Content-Range", "ETag")


class RecordingProxy(loopback_server.LoopbackServer):
    """For a `with` block. `accept`: None leaves the client's own."""

    def __init__(self, upstream, accept=None):
        self.answers = []  # of (path, status, content type)
        upstream_address = urllib.parse.urlsplit(upstream).netloc
        answers = self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = accept or self.headers.get("Accept", "*/*")
                headers = {"Host": upstream_address, "Connection": "close",
                           "Accept": wanted}
                headers |= {name: self.headers[name] for name in
                            REQUEST_HEADERS if name in self.headers}
                connection = http.client.HTTPConnection(upstream_address,
                                                        timeout=60)
                connection.request("GET", self.path, headers=headers)
                response = connection.getresponse()
                body = response.read()
                connection.close()
                kind = response.getheader("Content-Type", "")
                answers.append((self.path, response.status, kind))
                self.send_response(response.status)
                self.send_header("Content-Type", kind)
                for name in RESPONSE_HEADERS:
                    if response.getheader(name):
                        self.send_header(name, response.getheader(name))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # the client is gone

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def downloaded(self):
        """Names of the files below packages/ that were sent, or parts."""
        return {urllib.parse.unquote(path.rpartition("/")[2])
                for path, status, _ in self.answers
                if path.startswith("/packages/") and status in (200, 206)}

    def page_types(self):
        return {kind.partition(";")[0] for path, status, kind in self.answers
                if path.startswith("/simple/") and status == 200}
