"""A music model over HTTP as it is out there: it works, or fails in every way, by the path it is asked for."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import soundfile

RATE = 32_000
KEY = "hf_a-secret-key"


def clicks(seconds: float, tempo: float, kind: str = "WAV") -> bytes:
    """Encoded sound: a tone with a stroke on every beat, an accent on every fourth."""
    time = np.arange(round(seconds * RATE)) / RATE
    beat = time * tempo / 60
    strokes = np.exp(-(beat % 1) * 60 / tempo * 30) * np.random.default_rng(0).standard_normal(len(time))
    accent = np.where(beat % 4 < 1, 1.0, 0.4)
    wave = 0.1 * np.sin(2 * np.pi * 220 * time) + 0.4 * accent * strokes
    out = io.BytesIO()
    soundfile.write(out, np.clip(wave, -1, 1), RATE, format=kind)
    return out.getvalue()


class Server(ThreadingHTTPServer):
    """Keeps what it was asked, and ends what hangs when it is closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.closing = threading.Event()
        self.sound = clicks(8.0, 120.0)
        self.changing = "sound"
        """What the path of that name does."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what is tested."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = json.loads(self.rfile.read(length))
        self.server.asked.append((self.path, body, dict(self.headers)))
        count = sum(path == self.path for path, _, _ in self.server.asked)
        getattr(self, self.path.strip("/").replace("-", "_"))(count)

    def answer(self, status: int, content: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def error(self, status: int, text: str, **headers: str) -> None:
        self.answer(status, json.dumps({"error": text}).encode(), "application/json", **headers)

    def sound(self, count: int) -> None:
        self.answer(200, self.server.sound, "audio/wav")

    def changing(self, count: int) -> None:
        getattr(self, self.server.changing.replace("-", "_"))(count)

    def untyped(self, count: int) -> None:
        self.answer(200, self.server.sound, "application/octet-stream")

    def embedded(self, count: int) -> None:
        text = base64.b64encode(self.server.sound).decode()
        self.answer(200, json.dumps([{"blob": text, "content-type": "audio/wav"}]).encode(), "application/json")

    def busy_once(self, count: int) -> None:
        self.error(429, "slow down", Retry_After="0") if count == 1 else self.sound(count)

    def loading_twice(self, count: int) -> None:
        if count > 2:
            self.sound(count)
        else:
            loading = {"error": "Model is loading", "estimated_time": 0.05}
            self.answer(503, json.dumps(loading).encode(), "application/json")

    def busy_for_long(self, count: int) -> None:
        self.error(429, "slow down", Retry_After="3600")

    def unauthorized(self, count: int) -> None:
        self.error(401, f"the key {KEY} is wrong")

    def refused(self, count: int) -> None:
        self.error(422, f"prompt too long for {KEY}")

    def broken(self, count: int) -> None:
        self.error(500, "out of memory")

    def web_page(self, count: int) -> None:
        self.answer(200, b"<html><body>Sign in</body></html>", "text/html")

    def no_sound(self, count: int) -> None:
        self.answer(200, b"RIFF, but not really", "audio/wav")

    def silence(self, count: int) -> None:
        out = io.BytesIO()
        soundfile.write(out, np.zeros(RATE), RATE, format="WAV")
        self.answer(200, out.getvalue(), "audio/wav")

    def empty(self, count: int) -> None:
        self.answer(200, b"", "audio/wav")

    def moved(self, count: int) -> None:
        self.answer(302, b"", "text/plain", Location=f"{self.server.url}/sound")

    def two_gigabytes(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(2 * 10**9))
        self.end_headers()
        self._forever(b"\0" * 65_536, 0.0)

    def endless(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.end_headers()
        self._forever(b"\0" * 65_536, 0.0)

    def slow_body(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.end_headers()
        self._forever(b"\0", 0.1)

    def slow_headers(self, count: int) -> None:
        self._forever(b"H", 0.1)

    def says_nothing(self, count: int) -> None:
        self.server.closing.wait()

    def hangs_up(self, count: int) -> None:
        self.connection.close()

    def _forever(self, piece: bytes, pause: float) -> None:
        while not self.server.closing.wait(pause):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """The tests look at `Server.asked`."""


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server in a thread of its own."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
