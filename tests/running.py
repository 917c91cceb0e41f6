"""A studio that really runs, and a small HTTP client for it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.launch import free_port
from app.settings import ROOT

START_SECONDS = 60


@dataclass
class Studio:
    """A studio that really runs: launcher, broker, workers, web."""

    url: str
    var_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One JSON request: status and body."""
        status, data, _ = self.fetch(method, path, json.dumps(body).encode() if body is not None else None, headers)
        return status, json.loads(data) if data else {}

    def fetch(
        self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """One request of any kind: status, body, headers by lower-case name."""
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=all_headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), {k.lower(): v for k, v in error.headers.items()}

    def upload(
        self, path: str, file: Path | bytes, name: str = "clip.wav", **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """POST a file as a form does."""
        content = file if isinstance(file, bytes) else file.read_bytes()
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        status, data, _ = self.fetch("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        return status, json.loads(data)

    def wait(
        self, job_id: str, until: Callable[[dict[str, Any]], bool] | None = None, seconds: float = 90
    ) -> dict[str, Any]:
        """Look at a job until it is over, or until ``until`` says so."""
        end = time.monotonic() + seconds
        while True:
            _, job = self.call("GET", f"/jobs/{job_id}")
            if (until or (lambda row: row["state"] in {"done", "failed", "cancelled"}))(job):
                return job
            assert time.monotonic() < end, (
                f"job did not get there in {seconds} s: {job}\n{self.log.read_text()[-3000:]}"
            )
            time.sleep(0.05)


def start_studio(var_dir: Path, *, env: dict[str, str] | None = None) -> Studio:
    """Start the launcher on a free port and return when web server and workers are there and the launcher knows it.

    Until it has said so it is still starting: a child that dies then is reported in other words, and Ctrl-C breaks off.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    log = var_dir / "studio.log"
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.launch", "--no-browser", "--port", str(port), "--var", str(var_dir)],
            cwd=ROOT,
            # The library is only analysed where a test is about that: elsewhere it would be work in the way.
            env={**os.environ, "CI": "true", "ANALYSE_LIBRARY": "false", **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    studio = Studio(f"http://127.0.0.1:{port}", var_dir, process, log)
    end = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            _, health = studio.call("GET", "/health")
            if health.get("working") and "Tunesmith listens on" in log.read_text():
                return studio
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.05)


def stop_studio(studio: Studio) -> None:
    """End the launcher as Ctrl-C does."""
    if studio.process.poll() is None:
        studio.process.send_signal(2)
        studio.process.wait(20)
