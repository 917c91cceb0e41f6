"""One take of the composer's evaluation, from the request to its row."""

import json
from pathlib import Path

import numpy as np

from models.composer.midi import from_midi
from models.evaluation.composer_real import excerpts
from models.evaluation.composer_takes import Job, key_right, take
from models.vocabulary import USUAL_BANDS


def test_a_take_is_written_played_and_heard(tmp_path: Path) -> None:
    heard = []

    def tracker(audio: np.ndarray, sample_rate: int) -> float:
        heard.append((audio.shape, sample_rate))
        return 118.0

    job = Job("usual", "disco", USUAL_BANDS["disco"], 118.0, seed=3, seconds=12.0)
    row = json.loads(json.dumps(take(job, str(tmp_path), tracker)))
    assert heard == [((2, 12 * 44_100), 44_100)]
    assert row["instruments"]
    assert row["length"]
    assert row["inside"]
    assert row["score tempo"]
    assert (row["id"], row["essentia"]) == ("disco-usual-3", 118.0)
    assert isinstance(key_right(row["heard key"], row["key"]), bool)
    features = np.load(tmp_path / "disco-usual-3.npy")
    assert features.shape == (400,)
    assert np.isfinite(features).all()
    assert features.std() > 0
    score = from_midi((tmp_path / "disco-usual-3.mid").read_bytes(), "disco")
    assert {p.instrument for p in score.parts} == set(USUAL_BANDS["disco"])
    # Held-out songs are cut into excerpts of a fixed length; a short one is a single excerpt.
    assert [e.length for e in excerpts(score, "disco")] == [30.0]
