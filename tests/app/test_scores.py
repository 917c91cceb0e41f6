"""The sheets of a track: MusicXML, lead sheet, chords, notes; over HTTP, on both databases."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import scores
from app.context import Context
from app.tables import Track, TrackFile
from models.composer.score_json import from_dict
from models.spec import Chord, Note, Part, Score, Section

SCORE = Score(
    "Under the Lamp",
    "pop",
    100.0,
    "Eb minor",
    (4, 4),
    4.8,
    (
        Part("Flute", "melody", "flute", 73, (Note(0.013, 0.93, 75, 90), Note(1.0, 1.0, 78, 90))),
        Part("Drums", "drums", "drums", 0, (Note(0.0, 0.1, 36, 100),)),
    ),
    (Section("A", 0.0, 8.0),),
    (Chord(0.0, "Ebm"), Chord(4.0, "B")),
)


@pytest.fixture
def track(context: Context, tmp_path: Path) -> Track:
    """A composed track with its score, and a file of no sound."""
    path = tmp_path / "score.json"
    path.write_text(scores.dump(SCORE))
    stored = context.storage.put(path, "json")
    row = Track(
        title="Under the <Lamp> & co",
        origin="generated",
        kept=True,
        genre="pop",
        tempo=100.0,
        key="Eb minor",
        length=4.8,
        sample_rate=44_100,
        mode="compose",
        instruments=["flute", "drums"],
        params={"options": {"reverb": 1.0}},
        analysis={},
        source_format="wav",
        files=[
            TrackFile(name="score.json", key=stored.key, size=stored.size),
            TrackFile(name="midi", key=stored.key, size=stored.size),
        ],
    )
    with context.writes.begin() as session:
        session.add(row)
    return row


def test_the_links_of_a_track_lead_to_its_sheets(client: FlaskClient, track: Track) -> None:
    links = client.get(f"/tracks/{track.id}").json["links"]
    answer = client.get(links["score"])
    assert answer.mimetype == "application/vnd.recordare.musicxml+xml"
    full = ET.fromstring(answer.data)
    assert [part.findtext("part-name") for part in full.iter("score-part")] == ["Flute", "Drums"]
    assert full.findtext("work/work-title") == "Under the <Lamp> & co"
    lead = ET.fromstring(client.get(links["lead_sheet"]).data)
    assert [part.findtext("part-name") for part in lead.iter("score-part")] == ["Melody"]
    assert len(list(lead.iter("harmony"))) == 2
    chords = client.get(links["chords"])
    assert chords.mimetype == "text/plain"
    assert "| Ebm . . . | Cb . . . |" in chords.text
    assert from_dict(json.loads(client.get(links["notes"]).data)) == SCORE


def test_downloads_have_names(client: FlaskClient, track: Track) -> None:
    names = {
        "score.musicxml?download=1": "Under the  Lamp  & co.musicxml",
        "score.musicxml?part=lead&download=1": "Under the  Lamp  & co (lead sheet).musicxml",
        "chords.txt?download=1": "Under the  Lamp  & co (chords).txt",
    }
    for link, name in names.items():
        disposition = client.get(f"/tracks/{track.id}/{link}").headers["Content-Disposition"]
        assert f'filename="{name}"' in disposition


def test_a_new_title_is_in_the_sheets(client: FlaskClient, track: Track) -> None:
    link = f"/tracks/{track.id}/score.musicxml"
    first = client.get(link)
    assert client.get(link, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    client.patch(f"/tracks/{track.id}", json={"title": "Moonlight"})
    again = client.get(link, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "Moonlight" in again.text
    assert client.get(f"/tracks/{track.id}/chords.txt").text.startswith("{title: Moonlight}")


def test_a_sound_without_a_score_has_no_sheets(client: FlaskClient, clip: Path) -> None:
    with clip.open("rb") as file:
        sent = client.post("/tracks", data={"files": (file, "a.flac")}, content_type="multipart/form-data")
    track = sent.json["outcomes"][0]["track"]
    assert {track["links"][name] for name in ("score", "lead_sheet", "chords", "notes", "midi", "stems")} == {None}
    for name in (
        "score.musicxml",
        "score.musicxml?part=lead",
        "chords.txt",
        "score.json",
        "stems",
        "stems.zip",
        "stems/0",
    ):
        answer = client.get(f"/tracks/{track['id']}/{name}")
        assert answer.status_code == 404, name
        assert answer.json["error"]["code"] == "not_found"
    assert client.post(f"/tracks/{track['id']}/stems").status_code == 404
    assert client.get(f"/tracks/{track['id']}/score.musicxml?part=tuba").status_code == 422
