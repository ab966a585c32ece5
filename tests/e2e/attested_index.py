"""A plain index of one wheel with a provenance file (PEP 740), on loopback."""

import contextlib
import hashlib
import http.server
import json
import threading

PAGE_TYPE = "application/vnd.pypi.simple.v1+json"
PROVENANCE_TYPE = "application/vnd.pypi.integrity.v1+json"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what the server has in `resources`, {path: (type, bytes)}."""

    def do_GET(self):
        found = self.server.resources.get(self.path)
        self.send_response(200 if found else 404)
        content_type, body = found or ("text/plain", b"not found")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def resources_of(url, wheel, provenance):
    project = wheel.name.split("-")[0].replace("_", "-")
    data = wheel.read_bytes()
    meta = {"api-version": "1.4"}
    attested = f"/integrity/{project}/1.0/{wheel.name}/provenance"
    page = {"meta": meta, "name": project, "versions": ["1.0"], "files": [
        {"filename": wheel.name, "url": f"{url}/files/{wheel.name}",
         "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
         "size": len(data), "provenance": url + attested}]}
    return {
        "/simple/": (PAGE_TYPE, json.dumps(
            {"meta": meta, "projects": [{"name": project}]}).encode()),
        f"/simple/{project}/": (PAGE_TYPE, json.dumps(page).encode()),
        f"/files/{wheel.name}": ("application/zip", data),
        attested: (PROVENANCE_TYPE, provenance),
    }


@contextlib.contextmanager
def serve_attested_index(wheel, provenance):
    """Gives the URL of its list of projects."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        server.resources = resources_of(url, wheel, provenance)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"{url}/simple/"
        finally:
            server.shutdown()
            thread.join()
