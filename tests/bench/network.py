"""Servers of remote caches on the loopback interface, and a proxy that delays what they send and receive."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from place import free_port


class DelayingProxy:
    """Forwards TCP connections. Each byte arrives half of the round trip later than it was sent, in each direction, without a
    limit of the bandwidth."""

    def __init__(self, port, round_trip):
        self.target = ("127.0.0.1", port)
        self.delay = round_trip / 2
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # A blocked accept() ends only with shutdown().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.forward(one, other)

    def forward(self, source, target):
        waiting = []
        changed = threading.Condition()

        def receive():
            data = b"."
            while data:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                with changed:
                    waiting.append((time.monotonic() + self.delay, data))
                    changed.notify()

        def send():
            data = b"."
            while data:
                with changed:
                    while not waiting:
                        changed.wait()
                    due, data = waiting.pop(0)
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if data:
                        target.sendall(data)
                    else:
                        target.shutdown(socket.SHUT_WR)
                except OSError:
                    return

        for work in (receive, send):
            threading.Thread(target=work, daemon=True).start()


class Server:
    """A server of a remote cache: `redis`, `http` (WebDAV) or `s3`."""

    def __init__(self, place, kind):
        self.place, self.kind, self.port = place, kind, free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=place.folder))
        self.secrets = {"TKB_KEY": "key-of-the-bench", "TKB_SECRET": "secret-of-the-bench"} if kind == "s3" else {}

    def __enter__(self):
        data = self.folder / "data"
        (data / "bucket").mkdir(parents=True)
        address = f"127.0.0.1:{self.port}"
        rclone = self.place.tools / "rclone/bin/rclone"
        words = {
            "redis": ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder],
            "http": [rclone, "serve", "webdav", "--addr", address, data],
            "s3": [rclone, "serve", "s3", "--addr", address, "--auth-key", ",".join(self.secrets.values()), data],
        }[self.kind]
        self.process = subprocess.Popen(
            list(map(str, words)), env=self.place.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > deadline:
                    self.process.kill()
                    raise
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def empty(self):
        """Removes all objects."""
        if self.kind == "redis":
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"FLUSHALL\r\n")
                connection.recv(64)
            return
        for entry in (self.folder / "data").iterdir():
            shutil.rmtree(entry)
        (self.folder / "data/bucket").mkdir()

    def remote(self, port):
        """The setting `cache.remote`, at another port."""
        address = f"127.0.0.1:{port}"
        return {
            "redis": {"type": "redis", "endpoint": f"redis://{address}"},
            "http": {"type": "http", "endpoint": f"http://{address}/cache"},
            "s3": {
                "type": "s3",
                "bucket": "bucket",
                "region": "us-east-1",
                "endpoint": f"http://{address}",
                "credentials": {"access_key": "${TKB_KEY}", "secret_key": "${TKB_SECRET}"},
            },
        }[self.kind]
