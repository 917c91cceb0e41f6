"""How good the composer is: ``python -m models.evaluation.composer --data FOLDER --work FOLDER [--first FOLDER]``.

Writes `SEEDS` pieces for each genre and request, plays them, and lets independent ears judge: essentia's beat tracker,
our key classifier, and a genre judge that has only heard renderings of held-out real songs. The scores are compared
with held-out songs of the same line-ups and tempi in musical statistics. ``--first`` is a folder with another version's
takes of the requests in ``composer-like-test.json`` (`models.evaluation.composer_takes`, run in a checkout of it
with this one's file), whose statistics stand beside. ``--work`` holds the corpus (see `models.training.composer`) and
is used again by a run that was stopped. ``--split train`` prints only the statistics, against the training songs: by
these the settings are chosen.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models import checkpoint
from models.composer.analysis.song import analyse
from models.composer.tokens import CHORD_WORDS
from models.evaluation import composer_tables as tables
from models.evaluation import novelty
from models.evaluation.composer_real import held_out, looked_at, renderings
from models.evaluation.composer_takes import jobs, like, run, write
from models.evaluation.idioms import IDIOMS, rate
from models.evaluation.recard import recard
from models.evaluation.score_statistics import FEATURES, ChordModel, Stretch, measure, overlap
from models.training.composer_corpus import Piece, contents, corpus
from models.vocabulary import GENRES

SEEDS, LIKE = 20, 20
"""Seeds of a request, and takes of a genre for the comparison with held-out songs."""
VERSIONS = {"ours": "this version", "first": "first version", "songs": "other real songs"}
"""Titles of the columns of what is compared."""
STRETCHES, TAKE_STRETCHES = 4, 3
"""Stretches of a song and of a take, at most."""
STRENGTH = 0.003
"""Inverse of the L2 penalty of the genre judge, as for the genre classifier's probe."""
FOLDS = 5


def judge_genre(real: list[dict[str, str]], takes: list[dict[str, Any]], folder: Path, ears: Path) -> dict[str, Any]:
    """Accuracy of a probe on excerpts of songs it has not heard, and on the takes, by genre."""
    x = np.stack([np.load(ears / f"{row['id']}.npy") for row in real])
    y = np.array([row["genre"] for row in real])
    songs = np.array([row["song"] for row in real])

    def probe() -> Any:
        model = LogisticRegression(C=STRENGTH, max_iter=1000, class_weight="balanced")
        return make_pipeline(StandardScaler(), model)

    said = np.empty(len(y), dtype=y.dtype)
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=0).split(x, y, songs):
        said[test] = probe().fit(x[train], y[train]).predict(x[test])
    fitted = probe().fit(x, y)
    heard = fitted.predict(np.stack([np.load(folder / f"{row['id']}.npy") for row in takes]))
    wanted = np.array([row["genre"] for row in takes])
    table = {g: (float((said[y == g] == g).mean()), float((heard[wanted == g] == g).mean())) for g in sorted(set(y))}
    confusion = {
        g: {h: int(((wanted == g) & (heard == h)).sum()) for h in sorted(set(heard[wanted == g]))} for g in table
    }
    return {"by genre": table, "takes heard as": confusion}


def statistics(stretches: list[Stretch], model: ChordModel) -> NDArray[np.float64]:
    """(stretches, features)."""
    return np.array([measure(s, model) for s in stretches]).reshape(-1, len(FEATURES))


def lineup(piece: Piece) -> tuple[str, ...]:
    """The instruments of a song that a request can name, each once."""
    return tuple(dict.fromkeys(line.instrument for line in piece.song.lines))


def of_folder(folder: Path, genre: str) -> list[Stretch]:
    """Stretches of the takes of a genre in a folder."""
    return [
        s
        for path in sorted(folder.glob(f"{genre}-like-*.mid"))
        for s in looked_at(path.read_bytes(), genre, TAKE_STRETCHES)
    ]


def of_songs(songs: list[Piece], files: dict[str, bytes], taught: list[Piece]) -> NDArray[np.float64]:
    """(stretches, features) of songs of one genre, whose chords are judged by the ``taught`` ones but themselves."""
    rows = []
    for song in songs:
        model = ChordModel([p.song.chords for p in taught if p is not song], CHORD_WORDS)
        rows.append(statistics(looked_at(files[song.song.name], song.song.tag, STRETCHES), model))
    return np.concatenate(rows)


def compare(
    pieces: list[Piece], real: list[Piece], others: list[Piece], files: dict[str, bytes], folders: dict[str, Path]
) -> dict[str, dict[str, dict[str, float]]]:
    """For each version and genre the overlap of every feature with the ``real`` songs.

    The last version, "songs", is what the ``others``, real music too, reach.
    """
    out: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for genre in GENRES:
        taught = [p for p in held_out(pieces, GENRES, "train") if p.song.tag == genre]
        model = ChordModel([p.song.chords for p in taught], CHORD_WORDS)
        groups = {name: statistics(of_folder(folder, genre), model) for name, folder in folders.items()}
        groups["songs"] = of_songs([p for p in others if p.song.tag == genre], files, taught)
        target = of_songs([p for p in real if p.song.tag == genre], files, taught)
        for name, own in groups.items():
            out[name][genre] = {f: overlap(own[:, i], target[:, i]) for i, f in enumerate(FEATURES)}
    return out


def idioms(real: list[Piece], folders: dict[str, Path]) -> dict[str, dict[str, dict[str, float]]]:
    """For each genre and figure how often it is played, in held-out songs and in each version's takes."""
    out: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for genre, measures in IDIOMS.items():
        groups = {"real": [p.song for p in real if p.song.tag == genre]}
        for name, folder in folders.items():
            files = sorted(folder.glob(f"{genre}-like-*.mid"))
            groups[name] = [analyse(symusic.Score.from_midi(path.read_bytes()), genre) for path in files]
        for figure in measures:
            out[genre][figure.__name__] = {name: rate(songs, figure) for name, songs in groups.items()}
    return out


def tunes(folder: Path) -> list[tuple[NDArray[np.int64], int]]:
    """The tunes of takes as (n, 3) in grid steps, with their metres."""
    from models.composer.analysis.grid import STEPS
    from models.composer.midi import from_midi

    out = []
    for path in sorted(folder.glob("*.mid")):
        score = from_midi(path.read_bytes())
        for part in score.parts:
            if part.role == "melody":
                rows = [(round(n.onset * STEPS / 3) * 3, round(n.duration * STEPS), n.pitch) for n in part.notes]
                out.append((np.array(rows, dtype=np.int64).reshape(-1, 3), score.metre[0]))
    return out


def of_pieces(pieces: list[Piece]) -> list[tuple[NDArray[np.int64], int]]:
    return [(x.events, p.song.metre) for p in pieces for x in p.song.lines if x.role == "melody"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wads", type=Path, help="folder with Freedoom's WAD files")
    parser.add_argument("--work", type=Path, default=Path("var/training"))
    parser.add_argument("--first", type=Path, help="takes of another version, to compare with")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--split", choices=("test", "train"), default="test", help="songs to compare with")
    parser.add_argument("--tried", type=Path, help="JSON rows (attempt, figure, verdict) for the card")
    parser.add_argument("--card", action="store_true", help="write the figures into the checkpoint's card")
    options = parser.parse_args()
    pieces = corpus(options.data, options.work, options.wads)
    real = held_out(pieces, GENRES, options.split)
    folder = options.work / f"composer-takes-{options.split}"
    alike_jobs = like(((p.song.tag, lineup(p), p.song.tempo) for p in real), LIKE)
    (options.work / f"composer-like-{options.split}.json").write_text(json.dumps([asdict(job) for job in alike_jobs]))
    write(alike_jobs, folder, options.processes)
    folders = {"ours": folder} | ({"first": options.first} if options.first else {})
    others = held_out(pieces, GENRES, "train" if options.split == "test" else "valid")
    files = dict(contents([*real, *others], options.data, options.wads))
    alike = compare(pieces, real, others, files, folders)
    shown = [tables.overlap_table(alike, {name: VERSIONS[name] for name in alike})]
    print(tables.text(shown[0]), flush=True)
    if options.split == "train":
        return
    ears = options.work / "composer-real"
    takes = run(jobs(GENRES, options.seeds), folder, options.processes)
    heard = judge_genre(renderings(real, options.data, options.wads, ears, options.processes), takes, folder, ears)
    shown = [
        tables.obedience_table(takes, heard["by genre"]),
        tables.request_table(takes),
        *shown,
        tables.confusion_table(heard["takes heard as"]),
        tables.idiom_table(idioms(real, folders)),
    ]
    figures = {
        "obedience": _rounded(tables.obedience(takes)),
        "genre judge": _judged(heard["by genre"]),
        "overlap of statistics": _rounded(
            {VERSIONS[v]: np.mean([list(rows.values()) for rows in alike[v].values()]) for v in alike}
        ),
        **copies(pieces, real, folder),
    }
    print("\n".join(tables.text(table) for table in shown))
    print(json.dumps(figures, indent=1))
    if options.card:
        card = checkpoint.card("composer")
        tried = json.loads(options.tried.read_text()) if options.tried else []
        kept = {k: v for k, v in card.figures.items() if k.startswith("validation")}
        print(recard("composer", kept | figures, shown, tried, (), card.split))


def copies(pieces: list[Piece], real: list[Piece], folder: Path) -> dict[str, dict[str, float]]:
    """How much of the takes' tunes, and of the held-out songs', stands in training songs, and how varied they are."""
    ours, theirs = tunes(folder), of_pieces(real)
    known = {h for tune, metre in of_pieces([p for p in pieces if p.split == "train"])
             for h in novelty.passages(tune, metre)}  # fmt: skip
    return {
        "share of eight-bar passages that are in training songs": {
            "takes": round(novelty.copied(ours, known), 5),
            "held-out songs": round(novelty.copied(theirs, known), 5),
        },
        "distinct figures of eight notes": {
            "takes": round(novelty.distinct(t for t, _ in ours), 3),
            "held-out songs": round(novelty.distinct(t for t, _ in theirs), 3),
        },
    }


def _judged(table: dict[str, tuple[float, float]]) -> dict[str, float]:
    real, own = (float(np.mean([v[i] for v in table.values()])) for i in (0, 1))
    return _rounded({"mean recall on held-out songs": real, "on takes": own, "takes against songs": own / real})


def _rounded(figures: dict[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in figures.items()}


if __name__ == "__main__":
    main()
