#!/usr/bin/env python3
"""A server for release archives, with correct and incorrect behaviours, for tests of downloads.

    releases.py PORT FOLDER [tls]

It listens only on 127.0.0.1. It serves the files in FOLDER/files by the last part of the requested path. The first
part selects the behaviour: /plain/…, /flipped/…, /drip/…, see `Handler`. FOLDER/requests gets a line for each
request. With `tls`, it uses TLS, with a certificate that is signed by FOLDER/ca.pem.
"""

import pathlib
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        _, how, *_, name = self.path.split("/")
        with self.server.lock:
            self.server.seen += 1
            seen = self.server.seen
            with open(self.server.folder / "requests", "a") as log:
                print(how, name, self.headers.get("Range", "-"), file=log)
        try:
            data = (self.server.folder / "files" / name).read_bytes()
        except FileNotFoundError:
            return self.fail(404)
        method = getattr(self, "how_" + how.replace("-", "_"), None)
        return method(data, seen) if method else self.fail(400)

    def fail(self, status, **headers):
        self.head(status, 0, **headers)

    def head(self, status, length, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()

    def redirect(self, location):
        self.fail(302, Location=location)

    def from_offset(self, data):
        """Sends the headers, and returns the requested range."""
        wanted = self.headers.get("Range")
        if not wanted:
            self.head(200, len(data))
            return data
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            self.fail(416)
            return b""
        self.head(206, len(data) - start, Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        return data[start:]

    def how_plain(self, data, _):
        self.wfile.write(self.from_offset(data))

    def how_slow(self, data, _):
        """Sends the file in many parts, in about half a second."""
        data = self.from_offset(data)
        step = len(data) // 40 + 1
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            time.sleep(0.01)

    def how_flipped(self, data, _):
        middle = len(data) // 2
        self.head(200, len(data))
        self.wfile.write(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])

    def how_truncated(self, data, _):
        self.head(200, len(data))
        self.wfile.write(data[: len(data) // 2])

    def how_cut(self, data, seen):
        """Truncates the first two answers. A client that resumes gets the whole file."""
        part = self.from_offset(data)
        self.wfile.write(part[: len(part) // 2] if seen <= 2 else part)

    def how_cut_whole(self, data, seen):
        """Like `cut`, without support for ranges."""
        self.head(200, len(data))
        self.wfile.write(data[: len(data) // 2] if seen <= 2 else data)

    def how_short(self, data, _):
        """Announces a length that is too small, so the client stops too early."""
        self.head(200, len(data) - 7)
        self.wfile.write(data)

    def how_long(self, data, _):
        self.head(200, len(data) + 7)
        self.wfile.write(data)

    def how_endless(self, _, __):
        """Sends 3 GB without a length."""
        self.head(200, None)
        for _ in range(3 * 1024):
            self.wfile.write(bytes(1 << 20))

    def how_huge(self, _, __):
        self.head(200, 3 << 30)
        self.wfile.write(bytes(1 << 20))

    def how_drip(self, data, _):
        self.head(200, len(data))
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)

    def how_silent(self, _, __):
        time.sleep(60)

    def how_busy(self, data, seen):
        if seen == 1:
            self.fail(429, Retry_After="1")
        elif seen == 2:
            self.fail(503)
        else:
            self.how_plain(data, seen)

    def how_broken(self, _, __):
        self.fail(500)

    def how_forbidden(self, _, __):
        self.fail(403)

    def how_elsewhere(self, _, __):
        self.redirect(self.path.replace("/elsewhere/", "/plain/"))

    def how_to_http(self, _, __):
        self.redirect("http://releases.example/plain/file?signature=hunter2")

    def how_loop(self, _, __):
        self.redirect(self.path)

    def log_message(self, *_):
        pass


def certificates(folder):
    """Creates a certificate authority and a certificate for this machine."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    openssl("req", *key[:5], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extensions", "-out", "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """Ignores errors, because many tests close the connection early."""


def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    (folder / "files").mkdir()
    context = certificates(folder) if sys.argv[3:] == ["tls"] else None
    server = Server(("127.0.0.1", port), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.folder, server.lock, server.seen = folder, threading.Lock(), 0
    server.serve_forever()


main()
