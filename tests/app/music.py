"""A score of eight bars, as a MIDI file that is sent and as a composed track."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app import scores
from app.context import Context
from app.tables import Track, TrackFile
from models.spec import Note, Part, Score

BARS = 8


def music(**changes: Any) -> Score:
    """Eight bars of a tune over a bass, and a last chord on the ninth."""
    tune = (*tuple(Note(float(beat), 0.9, 60 + beat % 8, 90) for beat in range(4 * BARS)), Note(4.0 * BARS, 3, 72, 90))
    bass = tuple(Note(float(beat), 1.8, 36 + beat % 5, 80) for beat in range(0, 4 * BARS, 2))
    score = Score(
        "Under the Lamp",
        "pop",
        120.0,
        "C major",
        (4, 4),
        20.0,
        (Part("Flute", "melody", "flute", 73, tune), Part("Bass", "bass", "bass", 33, bass)),
    )
    return replace(score, **changes)


def send(client: FlaskClient, data: bytes, name: str = "My Song.mid") -> Any:
    # Written by hand: Werkzeug's test client leaves the temporary file of a large form open.
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return client.post("/scores", data=head + data + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")


def add_track(context: Context, score: Score | None, folder: Path) -> str:
    files = []
    if score is not None:
        path = folder / "score.json"
        path.write_text(scores.dump(score))
        stored = context.storage.put(path, "json")
        files = [TrackFile(name=name, key=stored.key, size=stored.size) for name in ("score.json", "midi")]
    row = Track(
        title="Under the Lamp",
        origin="generated",
        kept=True,
        genre="pop",
        length=20.0,
        sample_rate=44_100,
        mode="compose" if score else "dataset",
        instruments=[],
        params={},
        analysis={},
        files=files,
    )
    with context.writes.begin() as session:
        session.add(row)
    return row.id
