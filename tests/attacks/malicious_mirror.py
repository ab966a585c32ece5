"""A mirror that lies. It serves one tree honestly, but for the requests that
an attack answers in its own way: other bytes, a redirect, an answer that never
ends. It listens on 127.0.0.1, on a port that the system picks."""

import dataclasses
import http.server
import re
import threading
import urllib.parse

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
CHUNK = 64 * 1024


@dataclasses.dataclass
class Request:
    path: str  # decoded, without leading slash and query
    wants_json: bool
    stopping: threading.Event  # set when the mirror is to end
    headers: object


@dataclasses.dataclass
class Answer:
    """`body`: bytes, or a generator of them, whose end is that of the
    connection. `length`: what Content-Length claims, if not the truth."""

    body: object = b""
    status: int = 200
    content_type: str = "application/octet-stream"
    headers: dict = dataclasses.field(default_factory=dict)
    length: int = None


def not_found(_request=None):
    return Answer(b"no such file\n", 404, "text/plain")


def redirect_to(url):
    return Answer(b"", 302, headers={"Location": url})


def endless(request):
    """Blanks for ever, some twenty megabytes a second."""
    block = b" " * CHUNK
    while not request.stopping.wait(0.003):
        yield block


def dripping(request):
    """Ten bytes a second, for ever."""
    while not request.stopping.wait(0.1):
        yield b" "


def is_page(request, project):
    """All names of a project's page: what installers ask for, and what TUF
    clients ask for, with and without digest."""
    return re.fullmatch(
        rf"simple/{re.escape(project)}/(?:[0-9a-f]{{64}}\.)?"
        r"(?:|index\.html|index\.v1_json)", request.path) is not None


def is_file(request, filename):
    return re.fullmatch(
        rf"packages/[^/]+/(?:[0-9a-f]{{64}}\.)?{re.escape(filename)}",
        request.path) is not None


def is_role(request, role):
    return re.fullmatch(rf"metadata/(?:\d+\.)?{re.escape(role)}\.json",
                        request.path) is not None


def serve_tree(tree, request):
    """What an honest mirror with content negotiation answers."""
    path = request.path
    kind = "application/octet-stream"
    if path.startswith("simple/") and path.endswith("/"):
        path += "index.v1_json" if request.wants_json else "index.html"
    if path.endswith(".v1_json"):
        kind = JSON_TYPE
    elif path.endswith(".html"):
        kind = "text/html"
    body = tree.get(path)
    return not_found() if body is None else Answer(body, content_type=kind)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one segment

    def do_GET(self):
        mirror = self.server.mirror
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        request = Request(path[1:], "json" in self.headers.get("Accept", ""),
                          mirror.stopping, self.headers)
        mirror.requests.append(request.path)
        answer = mirror.attack(request) if mirror.attack else None
        if answer is None:
            answer = serve_tree(mirror.tree, request)
        self.send_answer(answer)

    do_HEAD = do_GET

    def send_answer(self, answer):
        whole = isinstance(answer.body, bytes)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length = len(answer.body) if whole else None
        if answer.length is not None:
            length = answer.length
        if length is not None:
            self.send_header("Content-Length", str(length))
        if not whole or length != len(answer.body):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        for block in [answer.body] if whole else answer.body:
            self.wfile.write(block)
            self.wfile.flush()
            self.server.mirror.sent += len(block)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # clients that hang up are the point of some attacks


class MaliciousMirror:
    """For a `with` block. `attack(request)` gives an Answer, or None where
    the mirror is honest; None instead of it: honest everywhere."""

    def __init__(self, tree, attack=None):
        self.tree = tree
        self.attack = attack
        self.stopping = threading.Event()
        self.requests = []
        self.sent = 0  # bytes of bodies
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.mirror = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
