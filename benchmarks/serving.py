"""How fast the studio starts, answers and takes work: ``python -m benchmarks.serving``.

Prints one table: cold start, memory, time from POST to MP3, and a burst of submissions on SQLite.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

from app.launch import free_port
from app.settings import ROOT
from tests.running import Studio, start_studio, stop_studio

BODY = {"genre": "jazz", "instruments": ["piano", "bass", "drums"], "tempo": 140, "length": 30}
PAGES = ("/", "/listen", "/queue", "/openapi.json", "/jobs", "/tracks", "/modes", "/health")


def cold_start(folder: Path) -> float:
    """Seconds from the launcher's start to the whole first page, with packages installed and an empty folder."""
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.launch", "--no-browser", "--port", str(port), "--var", str(folder)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                return time.perf_counter() - start
            except OSError:
                time.sleep(0.02)
    finally:
        process.send_signal(2)
        process.wait()


def post_to_mp3(studio: Studio, seed: int) -> float:
    """Seconds from POST /generate of a 30 s track to the last byte of its MP3."""
    start = time.perf_counter()
    _, job = studio.call("POST", "/generate", BODY | {"seed": seed})
    done = studio.wait(job["id"])
    studio.fetch("GET", done["result"]["track"]["links"]["mp3"])
    return time.perf_counter() - start


def web_memory(studio: Studio) -> float:
    """Resident memory of the web process in MB, after it has answered every kind of page."""
    for path in PAGES:
        studio.fetch("GET", path)
    launcher = psutil.Process(studio.process.pid)
    web = next(child for child in launcher.children() if "app.server" in child.cmdline())
    return web.memory_info().rss / 1e6


def burst(studio: Studio, rate: int, seconds: int, clients: int = 8) -> dict[str, float]:
    """Submit ``rate`` jobs a second for ``seconds``; every one must be answered 202 and be in the table."""
    host, port = urlsplit(studio.url).hostname or "", urlsplit(studio.url).port
    total = rate * seconds
    took: list[float] = []
    late: list[float] = []
    begin = time.perf_counter()

    def client(number: int) -> None:
        connection = HTTPConnection(host, port, timeout=30)
        for n in range(number, total, clients):
            due = begin + n / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            start = time.perf_counter()
            late.append(start - due)
            body = json.dumps({"genre": "pop", "instruments": ["piano"], "length": 1, "seed": n})
            connection.request("POST", "/generate", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 202:
                took.append(time.perf_counter() - start)

    before = studio.call("GET", "/jobs?page_size=1")[1]["total"]
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begin
    stored = studio.call("GET", "/jobs?page_size=1")[1]["total"] - before
    return {
        "submitted": total,
        "accepted": len(took),
        "in the table": stored,
        "a second": total / elapsed,
        "median ms": 1000 * statistics.median(took),
        "p99 ms": 1000 * statistics.quantiles(took, n=100)[98],
        "latest start ms": 1000 * max(late),
    }


@click.command()
@click.option("--rate", default=50, show_default=True, help="Submissions a second.")
@click.option("--seconds", default=20, show_default=True)
@click.option("--repeat", default=5, show_default=True, help="Tracks made one after the other.")
def main(rate: int, seconds: int, repeat: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        starts = [cold_start(Path(folder) / f"start{n}") for n in range(3)]
        click.echo(f"cold start to first page      {statistics.median(starts):8.2f} s    (asked: under 5)")
        studio = start_studio(Path(folder) / "var")
        try:
            post_to_mp3(studio, 0)
            times = [post_to_mp3(studio, seed) for seed in range(1, repeat + 1)]
            click.echo(f"30 s of compose, POST to MP3  {statistics.median(times):8.2f} s    (asked: under 4)")
            click.echo(f"web process resident          {web_memory(studio):8.1f} MB   (asked: under 130)")
            for name, value in burst(studio, rate, seconds).items():
                click.echo(f"burst: {name:22} {value:8.1f}")
            click.echo(f"web process after the burst   {web_memory(studio):8.1f} MB")
        finally:
            stop_studio(studio)


if __name__ == "__main__":
    main()
