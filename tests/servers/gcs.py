#!/usr/bin/env python3
"""A Google Cloud Storage server in one process, without files, for tests with the real client.

Clients have no setting for the endpoint, but they use a proxy and a certificate store. So a single port is
  * the proxy: after `CONNECT storage.googleapis.com:443`, it serves the JSON API with a certificate created at start;
  * the token endpoint: `GET /token`;
  * the number of stored objects: `GET /count`;
  * a switch for faults: `GET /fail?STATUS` answers every further request with this status, `GET /fail-writes?STATUS` every
    upload, and `GET /recover` ends this.

    gcs.py PORT FOLDER

It listens only on 127.0.0.1. It writes the certificates to FOLDER; a client must trust `ca.pem` there.
"""

import datetime
import json
import pathlib
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

HOST = "storage.googleapis.com"
TOKEN = "token-of-the-test-server"


class Storage:
    """The objects, by (bucket, name)."""

    def __init__(self):
        self.objects = {}
        self.lock = threading.Lock()

    def put(self, bucket, name, data):
        with self.lock:
            self.objects[bucket, name] = data

    def get(self, bucket, name):
        with self.lock:
            return self.objects.get((bucket, name))

    def count(self):
        with self.lock:
            return len(self.objects)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type="application/json"):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fail(self, status, message):
        self.answer(status, {"error": {"code": status, "message": message}})


class Front(Handler):
    """The requests without TLS: the proxy, the tokens, the number of objects."""

    def do_CONNECT(self):
        if self.path != f"{HOST}:443":
            self.fail(403, f"this proxy only connects to {HOST}")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        try:
            with self.server.tls.wrap_socket(self.connection, server_side=True) as inner:
                Api(inner, self.client_address, self.server)
        except (ssl.SSLError, ConnectionError) as error:
            self.log_error("TLS: %s", error)

    def do_GET(self):
        if self.path == "/count":
            self.answer(200, {"objects": self.server.storage.count()})
        elif self.path == "/token":
            expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
            self.answer(200, {"accessToken": TOKEN, "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})
        elif self.path.startswith(("/fail?", "/fail-writes?", "/recover")):
            page, _, status = self.path[1:].partition("?")
            self.server.failure = (int(status), page == "fail-writes") if status else None
            self.answer(200, {})
        else:
            self.fail(404, "no such page")


class Api(Handler):
    """The part of the storage's JSON API that a compiler cache needs."""

    def authorized(self):
        if self.server.failure:
            status, writes_only = self.server.failure
            if self.command == "POST" or not writes_only:
                self.fail(status, "injected by the test")
                return False
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self.fail(401, "invalid token")
        return False

    def do_GET(self):
        if not self.authorized():
            return
        url = urlsplit(self.path)
        parts = url.path.split("/")
        if parts[1:4] != ["storage", "v1", "b"] or parts[5:6] != ["o"] or len(parts) != 7:
            self.fail(501, f"not an object: {self.path}")
            return
        bucket, name = unquote(parts[4]), unquote(parts[6])
        data = self.server.storage.get(bucket, name)
        if data is None:
            self.fail(404, f"No such object: {bucket}/{name}")
        elif parse_qs(url.query).get("alt") == ["media"]:
            self.answer(200, data, "application/octet-stream")
        else:
            self.answer(200, resource(bucket, name, data))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.authorized():
            return
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        parts = url.path.split("/")
        is_upload = parts[1:5] == ["upload", "storage", "v1", "b"] and parts[6:] == ["o"]
        if not is_upload or query.get("uploadType") != ["media"]:
            self.fail(501, f"not an upload in one request: {self.path}")
            return
        name = query["name"][0]
        bucket = unquote(parts[5])
        self.server.storage.put(bucket, name, body)
        self.answer(200, resource(bucket, name, body))


def resource(bucket, name, data):
    """The API's representation of an object. 64-bit numbers are strings."""
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/1",
        "bucket": bucket,
        "name": name,
        "size": str(len(data)),
        "generation": "1",
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "etag": "1",
        "md5Hash": "",
        "updated": "2024-01-01T00:00:00.000Z",
    }


def certificate(folder):
    """Creates a certificate authority and a certificate for the storage host. TLS stacks refuse one certificate for both."""

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    leaf, key, request, extensions = (folder / f"host.{end}" for end in ("pem", "key", "csr", "ext"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-days", 2, "-subj", "/CN=Test CA", "-keyout", ca_key, "-out", ca)
    openssl("req", *curve, "-subj", f"/CN={HOST}", "-keyout", key, "-out", request)
    extensions.write_text(f"subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    openssl(
        *["x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial"],
        *["-days", 2, "-extfile", extensions, "-out", leaf],
    )
    return leaf, key


def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    leaf, key = certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(leaf, key)
    tls.set_alpn_protocols(["http/1.1"])
    server = ThreadingHTTPServer(("127.0.0.1", port), Front)
    server.storage = Storage()
    server.failure = None
    server.tls = tls
    server.serve_forever()


if __name__ == "__main__":
    main()
