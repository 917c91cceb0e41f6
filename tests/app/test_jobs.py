"""The life of a job, on every database: claims, leases, recovery, cancel, idempotency."""

import threading
import time
from typing import Any

import pytest
from sqlalchemy import select

from app import jobs, queue
from app.context import Context
from app.errors import Conflict, InputError, NotFound, Unavailable
from app.settings import load
from app.tables import Job

PARAMS = {"genre": "jazz", "seed": 7}


def submit(context: Context, **changes: Any) -> Job:
    given = {"kind": "generate", "params": PARAMS, "queue_name": "slow"} | changes
    return jobs.submit(context, given.pop("kind"), given.pop("params"), **given)


def test_submit_writes_the_row_and_rings(context: Context) -> None:
    job = submit(context)
    assert jobs.get(context, job.id).state == "queued"
    assert queue.depth(context.celery, "slow") == 1
    assert queue.depth(context.celery, "fast") == 0


def test_only_one_of_many_claims_wins(context: Context) -> None:
    job = submit(context)
    won: list[str] = []
    start = threading.Barrier(8)

    def claim(owner: str) -> None:
        start.wait()
        if jobs.claim(context, job.id, owner):
            won.append(owner)

    threads = [threading.Thread(target=claim, args=(f"m{n}/1",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    row = jobs.get(context, job.id)
    assert (row.state, row.lease_owner, row.attempts) == ("running", won[0], 1)


def test_a_lease_that_is_renewed_keeps_others_out_and_a_lapsed_one_does_not(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(context)
    assert jobs.claim(context, job.id, "first/1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + context.settings.lease_seconds * 0.9)
    assert jobs.renew(context, job.id, "first/1", 0.4, "rendering")
    monkeypatch.setattr(time, "time", lambda: now + context.settings.lease_seconds * 1.5)
    assert jobs.claim(context, job.id, "second/1") is None
    monkeypatch.setattr(time, "time", lambda: now + context.settings.lease_seconds * 2)
    assert jobs.claim(context, job.id, "second/1") is not None
    # The first worker comes back: it can neither renew nor finish.
    assert not jobs.renew(context, job.id, "first/1", 0.5, "rendering")
    assert not jobs.finish(context, job.id, "first/1", {"late": True})
    assert jobs.finish(context, job.id, "second/1", {"late": False})
    assert jobs.get(context, job.id).result == {"late": False}


def test_progress_and_stage_are_stored(context: Context) -> None:
    job = submit(context)
    jobs.claim(context, job.id, "a/1")
    jobs.renew(context, job.id, "a/1", 0.25, "composing")
    row = jobs.get(context, job.id)
    assert (row.progress, row.stage) == (0.25, "composing")


def test_finish_happens_once_and_writes_in_the_same_transaction(context: Context) -> None:
    job = submit(context)
    jobs.claim(context, job.id, "a/1")
    written: list[str] = []
    assert jobs.finish(context, job.id, "a/1", {}, write=lambda session: written.append("x"))
    assert not jobs.finish(context, job.id, "a/1", {}, write=lambda session: written.append("y"))
    assert written == ["x"]


def test_finish_is_undone_when_its_write_fails(context: Context) -> None:
    job = submit(context)
    jobs.claim(context, job.id, "a/1")

    def broken(session: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        jobs.finish(context, job.id, "a/1", {}, write=broken)
    assert jobs.get(context, job.id).state == "running"


@pytest.mark.parametrize("running", [False, True])
def test_cancel_waiting_and_running(context: Context, running: bool) -> None:
    job = submit(context)
    if running:
        jobs.claim(context, job.id, "a/1")
    assert jobs.cancel(context, job.id).state == "cancelled"
    assert jobs.cancel(context, job.id).state == "cancelled"
    assert not jobs.renew(context, job.id, "a/1", 0.5, "x")
    assert not jobs.finish(context, job.id, "a/1", {})
    assert jobs.claim(context, job.id, "b/1") is None


def test_cancel_of_what_is_over_or_unknown(context: Context) -> None:
    job = submit(context)
    jobs.claim(context, job.id, "a/1")
    jobs.fail(context, job.id, "a/1", "no")
    with pytest.raises(Conflict):
        jobs.cancel(context, job.id)
    with pytest.raises(NotFound):
        jobs.cancel(context, "0" * 16)


def test_attempts_are_capped(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submit(context)
    now = time.time()
    for attempt in range(context.settings.max_attempts):
        monkeypatch.setattr(time, "time", lambda n=attempt: now + n * 100)
        assert jobs.claim(context, job.id, f"m{attempt}/1")
    monkeypatch.setattr(time, "time", lambda: now + 1000)
    assert jobs.claim(context, job.id, "m9/1") is None
    jobs.ring_unfinished(context)
    row = jobs.get(context, job.id)
    assert row.state == "failed"
    assert "attempts" in (row.error or "")


def test_a_process_that_died_fails_only_its_own_job(context: Context) -> None:
    job = submit(context)
    jobs.claim(context, job.id, "message-1/4711")
    assert not jobs.fail_lost(context, job.id, "message-2", "died")
    assert jobs.fail_lost(context, job.id, "message-1", "died")
    assert jobs.get(context, job.id).error == "died"


def test_a_wiped_broker_is_rung_again_and_a_full_one_is_not(context: Context) -> None:
    ids = [submit(context).id for _ in range(5)]
    assert jobs.ring_unfinished(context) == 0
    context.celery.control.purge()
    assert queue.depth(context.celery, "slow") == 0
    assert jobs.ring_unfinished(context) == 5
    assert queue.depth(context.celery, "slow") == 5
    assert [jobs.get(context, job_id).state for job_id in ids] == ["queued"] * 5


def test_a_lapsed_job_is_rung(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submit(context)
    context.celery.control.purge()
    jobs.claim(context, job.id, "a/1")
    assert jobs.ring_unfinished(context) == 0
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + context.settings.lease_seconds + 1)
    assert jobs.ring_unfinished(context) == 1


def test_positions_follow_the_queue(context: Context) -> None:
    first, second, other = submit(context), submit(context), submit(context, queue_name="fast")
    rows, places, total = jobs.listed(context, state=None, kind=None, page=1, page_size=10)
    assert total == 3
    assert places == {first.id: 1, second.id: 2, other.id: 1}
    assert [row.id for row in rows] == [other.id, second.id, first.id]
    jobs.claim(context, first.id, "a/1")
    _, places, _ = jobs.listed(context, state="queued", kind=None, page=1, page_size=10)
    assert places == {second.id: 1, other.id: 1}


def test_the_same_idempotency_key_gives_the_same_job(context: Context) -> None:
    first = submit(context, idempotency_key="k1")
    again = submit(context, idempotency_key="k1")
    assert again.id == first.id
    assert queue.depth(context.celery, "slow") == 1
    with pytest.raises(InputError):
        submit(context, idempotency_key="k1", params=PARAMS | {"genre": "rock"})


def test_a_seed_the_server_drew_does_not_make_a_request_different(context: Context) -> None:
    first = submit(context, idempotency_key="k2", params={"genre": "jazz", "seed": 1, "seed_chosen": True})
    again = submit(context, idempotency_key="k2", params={"genre": "jazz", "seed": 2, "seed_chosen": True})
    assert again.id == first.id


def test_simultaneous_submits_with_one_key_make_one_job(context: Context) -> None:
    ids: list[str] = []
    start = threading.Barrier(6)

    def send() -> None:
        start.wait()
        ids.append(submit(context, idempotency_key="k3").id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1


def test_a_broker_that_is_down_takes_the_job_back(context: Context) -> None:
    # Port 1 of loopback: nothing listens there.
    down = load(
        database_url=context.settings.database_url,
        broker_url="redis://127.0.0.1:1/0",
        var_dir=context.settings.var_dir,
    )
    broken = Context.open(down)
    with pytest.raises(Unavailable):
        submit(broken)
    broken.close()
    with context.reads() as session:
        assert session.scalars(select(Job)).all() == []
