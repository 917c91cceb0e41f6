"""The outside model, played by a real server on this machine: what it is asked, and every way in which it can fail."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from models import audio, outside, registry
from models.classifiers import tempo
from models.generators import _http_music
from models.outside import Service
from models.spec import Cancelled, Clip, GenerateRequest, OutsideError, Run
from tests.generators import music_server
from tests.generators.music_server import KEY, Server, clicks, running

TIMEOUT = 3.0
REQUEST = GenerateRequest("jazz", ("saxophone", "piano"), 120.0, 8.0, seed=7, key="A minor")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture(autouse=True)
def nobody_is_asked_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http_music, "FIRST_WAIT", 0.05)
    yield
    outside.configure(None)


def ask(url: str, request: GenerateRequest = REQUEST, run: Run | None = None, **changes) -> Clip:
    outside.configure(Service(url, **({"key": KEY, "timeout": TIMEOUT} | changes)))
    return registry.load("generators", "api").generate(request, run or Run())


def heard_tempo(clip: Clip) -> float:
    recording = audio.Recording.of(clip.audio, clip.sample_rate)
    return registry.load("classifiers", tempo.SPEC.name).classify(recording, Run()).extra["bpm"]


def test_without_an_address_it_is_not_ready() -> None:
    spec = registry.spec("generators", "api")
    assert "MUSIC_API_URL" in (registry.not_ready(spec) or "")
    outside.configure(Service("http://127.0.0.1:1/"))
    assert registry.not_ready(spec) is None
    assert spec.number == 2


def test_it_is_asked_in_words_with_the_key_and_answers_sound(server: Server) -> None:
    clip = ask(f"{server.url}/sound")
    path, body, headers = server.asked[-1]
    assert path == "/sound"
    assert body["inputs"] == "Upbeat jazz, saxophone and piano, 120 BPM, in A minor"
    assert body["parameters"] == {"duration": 8.0, "seed": 7}
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert clip.audio.shape == (2, 8 * 44_100)
    assert 0.3 < np.abs(clip.audio).max() <= 1
    assert clip.notice is None
    assert (clip.tempo, clip.score, clip.checkpoint) == (120.0, None, None)


def test_the_plain_contract_and_a_prompt_of_ones_own(server: Server) -> None:
    own = GenerateRequest("jazz", (), 120.0, 8.0, seed=9, options={"prompt": "bells under water"})
    ask(f"{server.url}/untyped", own, contract="plain", key="")
    _, body, headers = server.asked[-1]
    assert body == {"prompt": "bells under water", "seconds": 8.0, "seed": 9}
    assert "Authorization" not in headers


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
def test_sound_of_any_type_is_read(server: Server, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "sound", clicks(8.0, 120.0, kind))
    assert ask(f"{server.url}/sound").audio.shape == (2, 8 * 44_100)
    assert ask(f"{server.url}/embedded").audio.shape == (2, 8 * 44_100)


def test_another_tempo_and_length_are_corrected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "sound", clicks(11.0, 100.0))
    longer = GenerateRequest("jazz", (), 120.0, 20.0, seed=7)
    clip = ask(f"{server.url}/sound", longer)
    assert clip.audio.shape == (2, 20 * 44_100)
    assert heard_tempo(clip) == pytest.approx(120, rel=0.02)
    assert "repeated" in (clip.notice or "")
    shorter = ask(f"{server.url}/sound", GenerateRequest("jazz", (), 120.0, 4.0, seed=7))
    assert shorter.audio.shape == (2, 4 * 44_100)
    assert shorter.notice is None
    assert np.abs(shorter.audio[:, -50:]).max() < 0.01  # it fades out, it is not cut off
    far = ask(f"{server.url}/sound", GenerateRequest("jazz", (), 56.0, 4.0, seed=7))
    assert far.notice is None  # half of it is near


def test_no_tempo_is_claimed_where_none_is_heard(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    hum = 0.2 * np.sin(2 * np.pi * 110 * np.arange(8 * music_server.RATE) / music_server.RATE)
    soundfile.write(out, hum, music_server.RATE, format="WAV")
    monkeypatch.setattr(server, "sound", out.getvalue())
    clip = ask(f"{server.url}/sound")
    assert clip.tempo == 0
    assert "No clear beat" in (clip.notice or "")
    assert clip.audio.shape == (2, 8 * 44_100)


def test_a_busy_service_is_asked_again(server: Server) -> None:
    said: list[str] = []
    clip = ask(f"{server.url}/busy-once", run=Run(progress=lambda _, stage: said.append(stage)))
    assert clip.audio.shape == (2, 8 * 44_100)
    assert "asking 127.0.0.1, attempt 2" in said
    assert ask(f"{server.url}/loading-twice").audio.shape == (2, 8 * 44_100)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("unauthorized", "does not accept the key"),
        ("refused", "prompt too long for ***"),
        ("busy-for-long", "no time left"),
        ("broken", "asked 3 times"),
        ("web-page", "web page instead of sound"),
        ("no-sound", "cannot be read as sound"),
        ("silence", "sent silence"),
        ("empty", "empty answer"),
        ("moved", "MUSIC_API_URL"),
        ("two-gigabytes", "more than the 5 MB"),
        ("endless", "more than the 5 MB"),
        ("slow-body", "did not finish within"),
        ("slow-headers", "did not finish within"),
        ("says-nothing", "did not finish within"),
        ("hangs-up", "broke off the connection"),
    ],
)
def test_every_failure_is_told_in_time_and_without_the_key(
    server: Server, path: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    begun = time.monotonic()
    with pytest.raises(OutsideError) as caught:
        ask(f"{server.url}/{path}", retries=2, max_mb=5)
    assert time.monotonic() - begun < TIMEOUT + 2
    assert words in str(caught.value)
    assert KEY not in str(caught.value) + caplog.text + repr(outside.service())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_nobody_there_no_such_name_and_no_tls(server: Server) -> None:
    for url, words in (
        (f"http://127.0.0.1:{free_port()}/", "connection was refused"),
        ("http://no-such-host.invalid/", "name is not known"),
        (server.url.replace("http:", "https:") + "/sound", "certificate cannot be trusted, or it does not speak TLS"),
    ):
        begun = time.monotonic()
        with pytest.raises(OutsideError) as caught:
            ask(url, retries=1, timeout=10.0)
        assert words in str(caught.value)
        assert time.monotonic() - begun < 12


def test_a_cancel_ends_it_at_once(server: Server) -> None:
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask(f"{server.url}/says-nothing", run=Run(cancelled=lambda: time.monotonic() - began > 0.3), timeout=60.0)
    assert time.monotonic() - began < 2


def test_it_works_beside_an_event_loop_of_somebody_else(server: Server) -> None:
    async def inside() -> Clip:
        return ask(f"{server.url}/sound")

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave a loop in the main thread
        assert pool.submit(asyncio.run, inside()).result().audio.shape == (2, 8 * 44_100)


def test_nothing_is_left_running(server: Server) -> None:
    before = threading.active_count()
    for path in ("sound", "web-page"):
        with contextlib.suppress(OutsideError):
            ask(f"{server.url}/{path}")
    assert threading.active_count() <= before


def test_a_second_and_a_date_are_both_waits() -> None:
    import httpx

    def wait(**headers: str) -> float | None:
        return _http_music._retry_after(httpx.Response(429, headers=headers), "text/plain", b"")

    assert wait(**{"retry-after": "7"}) == 7
    assert (wait(**{"retry-after": "Wed, 01 Jan 2200 00:00:00 GMT"}) or 0) > 3000
    assert wait(**{"retry-after": "soon"}) is None
    assert wait() is None


def test_music_server_makes_what_it_says() -> None:
    assert len(clicks(1.0, 120)) == pytest.approx(2 * music_server.RATE, rel=0.01)
