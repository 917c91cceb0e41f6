"""Similar tracks, ways between them, opinions, playlists and the map over HTTP, where the answers are known."""

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import atlas, neighbours
from app.context import Context
from models.similarity.vectors import unit
from tests.app.shelved import GENRES, SIZE, add, places

ALL = ("musicnn", "simclr", "tags")


@pytest.fixture
def ids(context: Context) -> list[str]:
    return add(context, places(24), ALL)


def similar(client: FlaskClient, track_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/tracks/{track_id}/similar", query_string=query)
    assert answer.status_code == 200, answer.json
    rows: list[dict[str, Any]] = answer.json["neighbours"]
    return rows


def test_the_nearest_of_the_same_kind_come_first(client: FlaskClient, ids: list[str]) -> None:
    rows = similar(client, ids[0], k=7)
    assert [row["track"]["genre"] for row in rows] == ["jazz"] * 7
    assert ids[0] not in [row["track"]["id"] for row in rows]
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert -1 <= scores[-1] <= scores[0] <= 1
    assert rows[0]["track"]["links"]["mp3"].startswith("/tracks/")


def test_every_neighbour_says_why(client: FlaskClient, ids: list[str]) -> None:
    rows = {row["track"]["id"]: row for row in similar(client, ids[0], k=23)}
    why = rows[ids[3]]["why"]
    assert why["shared_tags"] == ["sad"]  # "rock" is too unlikely in both to be a reason
    assert why["tempo"] == [90.0, 93.0]
    assert why["key"] == ["C major", "C major"]
    assert set(why["aspects"]) == {"sound", "tags", "tempo", "key"}
    assert why["aspects"]["key"] == 1
    assert why["words"] == ["both sad", "nearly the same tempo, 90 and 93 BPM", "the same key, C major"]
    assert "related keys, C major and A minor" in rows[ids[1]]["why"]["words"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"genre": "rock"}, [n for n in range(24) if n % 3 == 1]),
        ({"tempo_min": 100, "tempo_max": 105}, [10, 11, 12, 13, 14, 15]),
        ({"key": "Am"}, [n for n in range(24) if n % 3 == 1]),
        ({"tag": "sad", "genre": "pop"}, [n for n in range(24) if n % 3 == 2]),
        ({"tag": "happy"}, []),
        ({"origin": "generated"}, []),
        ({"search": "track 17"}, [17]),
    ],
)
def test_filters(client: FlaskClient, ids: list[str], query: dict[str, Any], wanted: list[int]) -> None:
    found = {row["track"]["id"] for row in similar(client, ids[0], k=50, **query)}
    assert found == {ids[number] for number in wanted}


def test_weights_turn_the_order(client: FlaskClient, ids: list[str]) -> None:
    by_tempo = similar(client, ids[0], k=3, weight_sound=0, weight_tempo=1)
    assert [row["track"]["id"] for row in by_tempo] == ids[1:4]
    by_key = similar(client, ids[0], k=7, weight_sound=0, weight_key=1)
    assert {row["track"]["key"] for row in by_key} == {"C major"}
    mixed = similar(client, ids[0], k=5, weight_sound=1, weight_tempo=1)
    assert all(0 < row["score"] < 1 for row in mixed)


def test_variety_and_repetitions(client: FlaskClient, context: Context) -> None:
    rows = np.repeat(places(4, spread=0.1), 3, axis=0)  # each place three times
    copies = add(context, rows, ALL, length=[20.0 + number // 3 for number in range(12)], title=["x"] * 12)
    plain = [row["track"]["id"] for row in similar(client, copies[0], k=12)]
    assert len(plain) == 3  # its own copies are no suggestions, and of the others one each
    assert len(similar(client, copies[0], k=12, repeats="true")) == 11
    add(context, places(30, seed=7, spread=1.2), ALL)
    close, varied = (
        [row["track"]["id"] for row in similar(client, copies[0], k=8, variety=share)] for share in (0, 0.7)
    )
    assert set(close) != set(varied)


def test_no_artist_three_times_in_a_row(client: FlaskClient, context: Context) -> None:
    vectors = places(12, spread=0.05)
    centre = np.eye(SIZE)[0]
    vectors = unit(centre + 0.05 * np.arange(12)[:, None] * np.eye(SIZE)[5:6])
    artists = [None, *["Ann"] * 6, *["Bo"] * 5]
    ids = add(context, vectors.astype(np.float32), ("musicnn",), artist=artists)
    found = [row["track"]["id"] for row in similar(client, ids[0], k=11)]
    played = [artists[ids.index(track_id)] for track_id in found]
    assert all(len(set(played[place : place + 3])) > 1 for place in range(len(played) - 2))
    assert sorted(found) == sorted(ids[1:])


def test_a_way_leads_from_one_to_the_other(client: FlaskClient, context: Context) -> None:
    angle = np.linspace(0, np.pi / 2, 21)
    arc = np.zeros((21, SIZE))
    arc[:, 0], arc[:, 1] = np.cos(angle), np.sin(angle)
    ids = add(context, arc.astype(np.float32))
    answer = client.get(f"/tracks/{ids[0]}/path", query_string={"to": ids[20], "steps": 4})
    way = [ids.index(track["id"]) for track in answer.json["tracks"]]
    assert way == [0, 4, 8, 12, 16, 20]
    there = client.get(f"/tracks/{ids[3]}/path", query_string={"to": ids[3], "steps": 2}).json["tracks"]
    assert there[0]["id"] == ids[3]
    assert len({track["id"] for track in there}) == len(there)


def test_what_cannot_be_answered_says_why(client: FlaskClient, context: Context, ids: list[str]) -> None:
    assert client.get("/tracks/0007/similar").status_code == 404
    assert client.get(f"/tracks/{ids[0]}/path", query_string={"to": "nobody"}).status_code == 404
    assert client.get(f"/tracks/{ids[0]}/path").status_code == 422
    for query in ({"k": 0}, {"k": 101}, {"weight_tempo": 2}, {"variety": -1}, {"key": "H dur"}, {"embedder": "ears"}):
        answer = client.get(f"/tracks/{ids[0]}/similar", query_string=query)
        assert (answer.status_code, answer.json["error"]["field"]) == (422, next(iter(query)))
    waiting = add(context, places(1), (), analysed_with=[None])[0]
    answer = client.get(f"/tracks/{waiting}/similar")
    assert answer.status_code == 409
    assert "waiting to be analysed" in answer.json["error"]["message"]
    failed = add(context, places(1), (), analysis_error=["It is not audio."])[0]
    assert "It is not audio." in client.get(f"/tracks/{failed}/similar").json["error"]["message"]


def judge(client: FlaskClient, track_id: str, verdict: str) -> Any:
    return client.post(f"/tracks/{track_id}/feedback", json={"verdict": verdict})


def test_opinions_move_what_is_found(client: FlaskClient, context: Context, ids: list[str]) -> None:
    assert client.get("/for-you").json == {"neighbours": []}
    before = [row["track"]["id"] for row in similar(client, ids[0], k=10)]
    for number in (1, 4, 7):
        assert judge(client, ids[number], "like").json["verdict"] == "like"
    assert judge(client, before[0], "dislike").status_code == 200
    assert judge(client, ids[2], "played").json == {"track_id": ids[2], "verdict": None, "plays": 1}
    assert judge(client, ids[2], "played").json["plays"] == 2
    moved = [row["track"] for row in similar(client, ids[0], k=10, personal="true")]
    assert before[0] not in [track["id"] for track in moved]
    assert "rock" in [track["genre"] for track in moved[:10]]
    assert [row["track"]["id"] for row in similar(client, ids[0], k=10)] == before  # who does not ask is not moved
    mine = [row["track"] for row in client.get("/for-you?k=4").json["neighbours"]]
    assert {track["genre"] for track in mine} == {"rock"}
    assert not {track["id"] for track in mine} & {ids[1], ids[4], ids[7]}
    assert judge(client, ids[1], "forget").json["verdict"] is None
    assert judge(client, "nobody", "like").status_code == 404
    assert judge(client, ids[0], "love").status_code == 422


def test_two_tastes_are_both_served(client: FlaskClient, ids: list[str]) -> None:
    for number in (0, 3, 6, 1, 4, 7):
        judge(client, ids[number], "like")
    genres = [row["track"]["genre"] for row in client.get("/for-you?k=6").json["neighbours"]]
    assert sorted(genres) == ["jazz"] * 3 + ["rock"] * 3


def test_playlists_of_chosen_tracks(client: FlaskClient, context: Context, ids: list[str]) -> None:
    chosen = [ids[5], ids[0], ids[9]]
    made = client.post("/playlists", json={"name": "Döner & Söhne\nlive", "track_ids": chosen})
    assert made.status_code == 201
    playlist = made.json
    assert [track["id"] for track in playlist["tracks"]] == chosen
    m3u = client.get(playlist["links"]["m3u"])
    assert m3u.mimetype == "audio/x-mpegurl"
    assert m3u.text.splitlines()[:4] == [
        "#EXTM3U",
        "#PLAYLIST:Döner & Söhne live",
        "#EXTINF:25,Track 5",
        f"http://localhost/tracks/{ids[5]}/audio?format=mp3",
    ]
    jspf = json.loads(client.get(playlist["links"]["jspf"]).text)["playlist"]
    assert [row["duration"] for row in jspf["track"]] == [25_000, 20_000, 29_000]
    assert jspf["title"] == "Döner & Söhne\nlive"
    assert client.delete(f"/tracks/{ids[0]}").status_code == 204
    rest = client.get(playlist["links"]["self"]).json
    assert [track["id"] for track in rest["tracks"]] == [ids[5], ids[9]]
    assert client.get("/playlists").json["playlists"][0]["length"] == 2
    assert client.delete(playlist["links"]["self"]).status_code == 204
    assert client.get(playlist["links"]["self"]).status_code == 404


def test_playlists_that_grow(client: FlaskClient, ids: list[str]) -> None:
    grown = client.post("/playlists", json={"name": "like it", "seed": ids[2], "k": 5}).json
    assert grown["tracks"][0]["id"] == ids[2]
    assert {track["genre"] for track in grown["tracks"]} == {"pop"}
    assert grown["length"] == 6
    way = client.post("/playlists", json={"name": "there", "seed": ids[0], "to": ids[1], "k": 6}).json
    assert (way["tracks"][0]["id"], way["tracks"][-1]["id"]) == (ids[0], ids[1])
    nothing = client.post("/playlists", json={"name": "mine", "personal": True})
    assert nothing.status_code == 422
    for body in ({"name": "x"}, {"name": "x", "track_ids": [ids[0]], "seed": ids[1]}, {"name": "", "seed": ids[0]}):
        assert client.post("/playlists", json=body).status_code == 422
    assert client.post("/playlists", json={"name": "x", "track_ids": ["00"]}).status_code == 404


def test_facets_and_search(client: FlaskClient, ids: list[str]) -> None:
    facets = client.get("/tracks/facets").json["facets"]
    assert {row["value"]: row["tracks"] for row in facets["genre"]} == dict.fromkeys(GENRES, 8)
    assert facets["tags"] == [{"value": "sad", "tracks": 24}]
    assert client.get("/tracks/facets?tempo_max=91").json["facets"]["genre"][0]["tracks"] == 1
    assert client.get("/tracks?search=sad&genre=rock").json["total"] == 8
    assert client.get("/tracks?tempo_min=100&sort=tempo").json["tracks"][0]["tempo"] == 100
    assert client.get("/tracks?search=100%25").json["total"] == 0


def test_duplicates_are_grouped(client: FlaskClient, context: Context) -> None:
    vectors = places(6)
    vectors[3] = vectors[0]
    lengths = [30.0, 40, 50, 30.3, 60, 70]
    ids = add(context, vectors, ALL, length=lengths)
    groups = client.get("/tracks/duplicates").json["groups"]
    assert [[track["id"] for track in group] for group in groups] == [[ids[0], ids[3]]]


def test_the_map_has_a_place_for_each(client: FlaskClient, context: Context) -> None:
    assert client.get("/map").json["ids"] == []
    ids = add(context, places(60, spread=0.2))
    assert client.get("/map").json["waiting"] == 60
    assert atlas.lay_out(context) == 60
    answer = client.get("/map")
    found = answer.json
    assert found["ids"] == sorted(ids)
    assert found["waiting"] == 0
    assert found["genres"] == sorted(GENRES)
    spots = np.array([found["x"], found["y"]]).T
    assert np.abs(spots).max() <= 1
    genre = np.array(found["genre"])
    middles = np.array([spots[genre == number].mean(axis=0) for number in range(3)])
    own = np.linalg.norm(spots - middles[genre], axis=1)
    others = np.linalg.norm(spots[:, None] - middles[None], axis=2)
    assert (others.argmin(axis=1) == genre).mean() > 0.95
    assert own.mean() < 0.5
    assert client.get("/map", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_new_tracks_are_put_among_their_neighbours_and_the_map_stays(client: FlaskClient, context: Context) -> None:
    add(context, places(50, spread=0.2))
    atlas.lay_out(context)
    before = client.get("/map").json
    old = dict(zip(before["ids"], zip(before["x"], before["y"], strict=True), strict=True))
    new = add(context, places(3, seed=9, spread=0.2))
    assert atlas.lay_out(context) == 3
    after = client.get("/map").json
    spots = dict(zip(after["ids"], zip(after["x"], after["y"], strict=True), strict=True))
    assert all(spots[track_id] == place for track_id, place in old.items())
    genre = dict(zip(after["ids"], after["genre"], strict=True))
    for track_id in new:
        mates = [spots[other] for other in old if genre[other] == genre[track_id]]
        assert np.linalg.norm(np.array(spots[track_id]) - np.mean(mates, axis=0)) < 0.5
    add(context, places(40, seed=11))
    assert atlas.lay_out(context) == 93
    assert atlas.lay_out(context) == 0


def test_the_default_embedder_ships() -> None:
    assert neighbours.checked_embedder(neighbours.DEFAULT) == "musicnn"
