"""Asking an outside model for sound over HTTP: one deadline for everything, repetitions, and plain words for failures.

All of it runs on an event loop in a thread of its own, because only there a deadline and a cancel end whatever is going
on: a name that does not resolve, a server that accepts and says nothing, one that sends a byte a second.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from models.outside import Service
from models.spec import OutsideError, Run

# At INFO it logs every URL, and a key may be part of one.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

POLL = 0.1
"""Seconds between two looks whether the job was cancelled."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds before the first repetition, doubling with each; and the most, where the service does not ask for more."""
AGAIN = (429, 500, 502, 503, 504)
"""Statuses after which it is worth asking again."""
GIVING_UP = 2.0
"""Seconds for closing connections."""
REASON_LENGTH = 200


@dataclass(eq=False)
class _TryAgain(Exception):
    """A failure that may pass; ``after`` seconds at the earliest, if the service said so."""

    reason: str
    after: float | None = None


def body_of(service: Service, prompt: str, seconds: float, seed: int) -> dict[str, Any]:
    """What is posted."""
    if service.contract == "plain":
        return {"prompt": prompt, "seconds": seconds, "seed": seed}
    return {"inputs": prompt, "parameters": {"duration": seconds, "seed": seed}, "options": {"wait_for_model": True}}


def fetch(service: Service, prompt: str, seconds: float, seed: int, run: Run, said: Callable[[str], None]) -> bytes:
    """The encoded sound that the service makes. ``said`` hears in words what is going on, on the calling thread.

    Raises OutsideError with a sentence for the user within the service's timeout, Cancelled when the run is cancelled.
    """
    loop, words = asyncio.new_event_loop(), queue.SimpleQueue[str]()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ends = time.monotonic() + service.timeout
    asking = asyncio.run_coroutine_threadsafe(
        _asked(service, body_of(service, prompt, seconds, seed), ends, words.put), loop
    )
    try:
        while True:
            done = wait((asking,), timeout=POLL).done
            while not words.empty():
                said(words.get())
            run.check()
            if done:
                return asking.result()
            if time.monotonic() > ends:
                raise OutsideError(f"{service.host} did not finish within {service.timeout:g} s.")
    finally:
        wait((asyncio.run_coroutine_threadsafe(_given_up(), loop),), timeout=GIVING_UP)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()  # does not wait for a name that is still being looked up


async def _given_up() -> None:
    """End what is still going on in this loop, connections closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _asked(service: Service, body: dict[str, Any], ends: float, said: Callable[[str], None]) -> bytes:
    """Ask until there is an answer, or no more repetitions, or no more time: until ``ends`` on the monotonic clock."""
    jitter = random.Random()
    limits = httpx.Timeout(service.timeout, connect=min(10.0, service.timeout))
    async with httpx.AsyncClient(timeout=limits, follow_redirects=False) as client:
        for attempt in range(service.retries + 1):
            said(f"asking {service.host}" + (f", attempt {attempt + 1}" if attempt else ""))
            try:
                return await _once(client, service, body)
            except _TryAgain as failure:
                pause = failure.after
                if pause is None:
                    pause = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt) * jitter.uniform(0.5, 1.5)
                if attempt == service.retries:
                    raise OutsideError(f"{failure.reason} It was asked {_times(attempt + 1)}.") from None
                if time.monotonic() + pause > ends:
                    raise OutsideError(f"{failure.reason} There is no time left to ask again.") from None
                said(f"waiting for {service.host}")
                await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


async def _once(client: httpx.AsyncClient, service: Service, body: dict[str, Any]) -> bytes:
    """One request. Raises `_TryAgain` or OutsideError."""
    headers = {"Accept": "audio/*, application/json;q=0.5", "Accept-Encoding": "identity"}
    if service.key:
        headers["Authorization"] = f"Bearer {service.key}"
    try:
        async with client.stream("POST", service.url, json=body, headers=headers) as response:
            kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
            content = await _read(response, service)
            return _sound(response, kind, content, service)
    except httpx.ConnectTimeout:
        raise _TryAgain(f"{service.host} cannot be reached: it does not answer.") from None
    except httpx.ConnectError as error:
        raise _TryAgain(f"{service.host} cannot be reached: {_why(error)}.") from None
    except httpx.InvalidURL:
        raise OutsideError("The address of the outside model is not a URL.") from None
    except httpx.TimeoutException:
        raise OutsideError(f"{service.host} did not finish within {service.timeout:g} s.") from None
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        raise _TryAgain(f"{service.host} broke off the connection.") from None
    except httpx.HTTPError as error:
        raise OutsideError(f"{service.host} cannot be asked ({type(error).__name__}).") from None


async def _read(response: httpx.Response, service: Service) -> bytes:
    most = int(service.max_mb * 1_000_000)
    too_large = OutsideError(f"{service.host} sent more than the {service.max_mb:g} MB that are accepted.")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OutsideError(f"{service.host} sent a compressed answer, which was not asked for.")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > most:
            raise too_large
    return bytes(content)


def _sound(response: httpx.Response, kind: str, content: bytes, service: Service) -> bytes:
    """The sound of an answer. Raises `_TryAgain` or OutsideError where it holds none."""
    status, host = response.status_code, service.host
    told = _told(kind, content, service.key)
    if status in (401, 403):
        raise OutsideError(f"{host} does not accept the key (status {status}). Check MUSIC_API_KEY.")
    if status in AGAIN:
        what = "is asked too often" if status == 429 else "is not available just now"
        raise _TryAgain(f"{host} {what} (status {status}).", _retry_after(response, kind, content))
    if 300 <= status < 400:
        raise OutsideError(f"{host} sends elsewhere (status {status}); set MUSIC_API_URL to the final address.")
    if status >= 400:
        raise OutsideError(f"{host} refused the request (status {status}){told}.")
    if kind in ("application/json", "text/json"):
        found = _embedded(content)
        if found is None:
            raise OutsideError(f"{host} answered without sound{told}.")
        return found
    if kind.startswith("text/"):
        raise OutsideError(f"{host} answered with a text or a web page instead of sound.")
    if not content:
        raise OutsideError(f"{host} sent an empty answer.")
    return content


def _embedded(content: bytes) -> bytes | None:
    """Sound inside JSON, base64 as ``audio``, ``blob`` or ``generated_audio``, also as a data URL or in a list."""
    answer = _json(content)
    while isinstance(answer, list) and answer:
        answer = answer[0]
    if not isinstance(answer, dict):
        return None
    for name in ("audio", "blob", "generated_audio"):
        text = answer.get(name)
        if isinstance(text, str) and text:
            try:
                return base64.b64decode(text.split(",", 1)[-1] if text.startswith("data:") else text, validate=True)
            except binascii.Error:
                return None
    return None


def _told(kind: str, content: bytes, key: str) -> str:
    """What the service says of its failure, shortened and without the key, as the end of a sentence."""
    answer = _json(content) if kind.endswith("json") else None
    text = answer.get("error") or answer.get("message") or answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(text, list) and text:
        text = text[0]
    words = " ".join(str(text).split()) if text else ""
    words = words.replace(key, "***") if key else words
    return f": {words[:REASON_LENGTH].rstrip('.')}" if words else ""


def _retry_after(response: httpx.Response, kind: str, content: bytes) -> float | None:
    """Seconds that the service wants us to wait: Retry-After (RFC 9110), or how long its model loads."""
    header = response.headers.get("retry-after", "").strip()
    if header:
        if header.replace(".", "", 1).isdecimal():
            return float(header)
        try:
            return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None
    answer = _json(content) if kind.endswith("json") else None
    time_left = answer.get("estimated_time") if isinstance(answer, dict) else None
    return float(time_left) if isinstance(time_left, int | float) and time_left >= 0 else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _why(error: httpx.ConnectError) -> str:
    """A connection's failure in words; the library's own would show addresses and codes."""
    cause: BaseException | None = error
    names = []
    while cause is not None:
        names.append(f"{type(cause).__name__} {cause}")
        cause = cause.__cause__ or cause.__context__
    text = " ".join(names).lower()
    if "certificate" in text or "ssl" in text:
        return "its certificate cannot be trusted, or it does not speak TLS"
    if "gaierror" in text or "name or service" in text or "getaddrinfo" in text:
        return "its name is not known"
    return "the connection was refused"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
