"""Storage by content hash, on a local folder and on an S3 server."""

import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage import Storage


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """A moto server that speaks S3 over HTTP."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return Storage(str(tmp_path / "files"))
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"bucket{time.time_ns()}"
    storage = Storage(
        f"s3://{bucket}/prefix",
        key="test",
        secret="test",
        client_kwargs={"endpoint_url": endpoint, "region_name": "us-east-1"},
        skip_instance_cache=True,
    )
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")).close()
    return storage


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "source"
    path.write_bytes(content)
    return path


def test_put_open_and_delete(storage: Storage, tmp_path: Path) -> None:
    stored = storage.put(written(tmp_path, b"hello"), "wav")
    assert stored.size == 5
    assert stored.key == "2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.wav"
    with storage.open(stored.key) as file:
        file.seek(1)
        assert file.read(3) == b"ell"
    with storage.local_path(stored.key) as path:
        assert path.read_bytes() == b"hello"
    assert storage.exists(stored.key)
    storage.delete(stored.key)
    assert not storage.exists(stored.key)
    storage.delete(stored.key)
    with pytest.raises(FileNotFoundError):
        storage.open(stored.key)


def test_equal_content_is_stored_once(storage: Storage, tmp_path: Path) -> None:
    first = storage.put(written(tmp_path, b"same"), "wav")
    assert storage.put(written(tmp_path, b"same"), "wav") == first
    assert len(storage.fs.find(storage.root)) == 1


def test_the_sweep_spares_what_is_referenced(storage: Storage, tmp_path: Path) -> None:
    kept = storage.put(written(tmp_path, b"kept"), "wav").key
    stray = storage.put(written(tmp_path, b"stray"), "wav").key
    assert storage.sweep({kept}, older_than=-5) == [stray]
    assert storage.exists(kept)
    assert not storage.exists(stray)


def test_the_sweep_spares_the_young(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "files"))
    old = storage.put(written(tmp_path, b"old"), "wav").key
    os.utime(f"{storage.root}/{old}", (0, 0))
    young = storage.put(written(tmp_path, b"young"), "wav").key
    assert storage.sweep(set(), older_than=3600) == [old]
    assert storage.exists(young)


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(str(tmp_path / "files"))

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space"):
        storage.put(written(tmp_path, b"content"), "wav")
    assert storage.fs.find(storage.root) == []
