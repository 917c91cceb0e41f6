"""What a process holds of an index is what the database holds: no track is lost, and none that is gone is found."""

import shutil

import numpy as np
import pytest
from sqlalchemy import delete

from app import library, shelf
from app.context import Context
from app.tables import Embedding, Track
from models.similarity import published
from tests.app.shelved import add, places


def found(context: Context, vector: np.ndarray, k: int = 1000, allowed: set[str] | None = None) -> list[str]:
    with context.reads() as session:
        return [track_id for track_id, _ in shelf.of(context, "musicnn").search(session, vector, k, allowed)]


def publish(context: Context) -> str:
    with context.reads() as session:
        return shelf.of(context, "musicnn").publish(session)


def nearest(ids: list[str], vectors: np.ndarray, query: np.ndarray) -> list[str]:
    return [ids[number] for number in np.argsort(-(vectors @ query), kind="stable")]


def test_an_empty_library_has_nothing(context: Context) -> None:
    assert found(context, places(1)[0]) == []
    publish(context)
    assert found(context, places(1)[0]) == []


@pytest.mark.parametrize("published_first", [False, True])
def test_all_are_found_nearest_first_with_their_cosines(context: Context, published_first: bool) -> None:
    vectors = places(30)
    ids = add(context, vectors)
    if published_first:
        publish(context)
    with context.reads() as session:
        rows = shelf.of(context, "musicnn").search(session, vectors[4], 10)
    assert [row[0] for row in rows] == nearest(ids, vectors, vectors[4])[:10]
    assert [row[1] for row in rows] == pytest.approx(sorted(vectors @ vectors[4], reverse=True)[:10], abs=1e-5)
    assert set(found(context, vectors[4], allowed=set(ids[3:8]))) == set(ids[3:8])
    assert found(context, vectors[4], allowed=set()) == []


def test_what_comes_and_goes_after_publishing_is_known_at_once(context: Context) -> None:
    vectors = places(20)
    ids = add(context, vectors)
    publish(context)
    assert len(found(context, vectors[0])) == 20
    more = add(context, places(5, seed=1))
    assert set(found(context, vectors[0])) == {*ids, *more}
    for track_id in (ids[0], more[0]):
        library.delete(context, track_id)
    assert set(found(context, vectors[0])) == {*ids[1:], *more[1:]}
    publish(context)
    assert set(found(context, vectors[0])) == {*ids[1:], *more[1:]}


def test_a_new_place_of_a_track_replaces_the_old_one(context: Context) -> None:
    vectors = places(9)
    ids = add(context, vectors)
    publish(context)
    assert found(context, vectors[0])[0] == ids[0]
    with context.writes.begin() as session:
        session.execute(delete(Embedding).where(Embedding.track_id == ids[0]))
        session.flush()
        session.add(
            Embedding(track_id=ids[0], embedder="musicnn", vector=shelf.packed(-vectors[0]), checkpoint="first")
        )
        shelf.changed(session)
    listed = found(context, vectors[0])
    assert sorted(listed) == sorted(ids)
    assert listed[-1] == ids[0]
    with context.reads() as session:
        held = shelf.of(context, "musicnn").vectors(session, [ids[0], ids[1], "nobody"])
    assert set(held) == {ids[0], ids[1]}
    assert np.allclose(held[ids[0]], -vectors[0])


def test_only_places_of_one_checkpoint_are_compared(context: Context) -> None:
    vectors = places(12)
    ids = add(context, vectors)
    publish(context)
    with context.writes.begin() as session:
        for row in session.query(Embedding).where(Embedding.track_id.in_(ids[:7])):
            row.checkpoint = "second"
        shelf.changed(session)
    assert set(found(context, vectors[0])) == set(ids[:7])  # most rows are new, so the old ones wait


def test_a_version_that_is_lost_or_of_another_process_changes_nothing(context: Context) -> None:
    vectors = places(15)
    ids = add(context, vectors)
    publish(context)
    assert len(found(context, vectors[0])) == 15
    other = Context.open(context.settings)
    with other.reads() as session:
        newer = shelf.of(other, "musicnn").publish(session)
    other.close()
    assert len(found(context, vectors[0])) == 15
    with context.reads() as session:
        state = shelf.of(context, "musicnn").state(session)
    assert state.version is not None
    assert state.version.name == newer
    shutil.rmtree(context.settings.index_dir)
    assert sorted(found(context, vectors[0])) == sorted(ids)
    # A version that knows tracks which the database has not: somebody put an old backup back.
    root = context.settings.index_dir / "musicnn"
    published.publish(root, ["phantom"], places(1), {"checkpoint": "first"}, rows=[10**9])
    assert sorted(found(context, vectors[0])) == sorted(ids)


def test_a_new_version_is_due_when_much_has_changed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "STALE_ROWS", 4)

    def due() -> bool:
        with context.reads() as session:
            return shelf.of(context, "musicnn").is_due(session)

    add(context, places(5))
    assert due()
    publish(context)
    assert not due()
    ids = add(context, places(4, seed=2))
    assert not due()
    library.delete(context, ids[0])
    add(context, places(2, seed=3))
    assert due()


def test_one_answer_sees_one_state(context: Context) -> None:
    vectors = places(6)
    add(context, vectors)
    with context.reads() as session:
        books = shelf.of(context, "musicnn")
        before = books.search(session, vectors[0], 100)
        add(context, places(3, seed=5))
        assert books.search(session, vectors[0], 100) == before
    assert len(found(context, vectors[0])) == 9


def test_what_was_changed_past_us_is_noticed_too(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = places(6)
    ids = add(context, vectors)
    assert len(found(context, vectors[0])) == 6
    with context.writes.begin() as session:
        session.execute(delete(Track).where(Track.id == ids[0]))
    assert len(found(context, vectors[0])) == 6  # nobody said so
    monkeypatch.setattr(shelf, "LOOK_SECONDS", -1.0)
    assert len(found(context, vectors[0])) == 5
