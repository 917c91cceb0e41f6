"""What tidying removes, and what it spares."""

import os
import time
from pathlib import Path

import pytest

from app import housekeeping, jobs, library, uploads
from app.context import Context
from app.errors import NotFound
from app.settings import load
from app.tables import Track

DAY = 86_400.0  # seconds


def heard(context: Context, clip: Path, *, kept: bool, age: float) -> Track:
    """A sound that came in ``age`` seconds ago."""
    track = uploads.add_file(context, clip, "clip.flac", kept=kept)
    with context.writes.begin() as session:
        row = session.get(Track, track.id)
        assert row is not None
        row.created = time.time() - age
    return track


def test_sounds_that_were_only_analysed_are_forgotten_after_a_day(context: Context, clip: Path) -> None:
    old = heard(context, clip, kept=False, age=2 * DAY)
    young = heard(context, clip, kept=False, age=60)
    kept = heard(context, clip, kept=True, age=2 * DAY)
    needed = heard(context, clip, kept=False, age=2 * DAY)
    jobs.submit(context, "classify", {"track_id": needed.id}, queue_name="fast")
    housekeeping.tidy(context)
    with pytest.raises(NotFound):
        library.get(context, old.id)
    for track in (young, kept, needed):
        assert library.get(context, track.id).id == track.id
    # All four had the same content, which is still needed.
    assert context.storage.exists(kept.files[0].key)


def test_what_a_kill_left_behind_is_removed_when_it_is_old(context: Context) -> None:
    folder = context.settings.scratch_dir / "job-of-a-killed-process"
    folder.mkdir()
    (folder / "half-made.wav").write_bytes(b"RIFF")
    stray = Path(context.storage.root) / "ab" / "abcd.wav"
    stray.parent.mkdir()
    stray.write_bytes(b"RIFF")
    fresh = context.settings.scratch_dir / "job-running-now"
    fresh.mkdir()
    for path in (folder, stray):
        os.utime(path, (0, 0))
    housekeeping.tidy(context)
    assert not folder.exists()
    assert not stray.exists()
    assert fresh.exists()


def test_a_broker_that_is_down_does_not_stop_the_worker(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    jobs.submit(context, "generate", {"genre": "jazz"}, queue_name="slow")
    # Nothing listens on port 1 of loopback.
    down = load(
        database_url=context.settings.database_url,
        broker_url="redis://127.0.0.1:1/0",
        var_dir=context.settings.var_dir,
    )
    cut_off = Context.open(down)
    housekeeping.recover(cut_off)
    cut_off.close()
    assert "put off" in caplog.text
