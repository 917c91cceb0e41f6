"""How good the composer is: ``python -m models.evaluation.composer --data FOLDER --work FOLDER [--first FOLDER]``.

Writes `SEEDS` pieces for each genre and request, plays them, and lets independent ears judge: essentia's beat tracker,
our key classifier, and a genre judge that has only heard renderings of held-out real songs. The scores are compared
with held-out songs of the same line-ups and tempi in musical statistics. ``--first`` is a folder with another version's
takes of the requests in ``composer-like.json`` (``python -m models.evaluation.composer_takes`` in a checkout of it,
with this one's file), whose statistics stand beside. ``--work`` holds the corpus (see `models.training.composer`) and
is used again by a run that was stopped.
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

from models.composer.analysis.song import analyse
from models.composer.tokens import CHORD_WORDS
from models.evaluation import novelty
from models.evaluation.composer_real import held_out, looked_at, renderings
from models.evaluation.composer_takes import jobs, key_right, like, run, tempo_right, write
from models.evaluation.idioms import IDIOMS, rate
from models.evaluation.score_statistics import FEATURES, ChordModel, Stretch, measure, overlap
from models.training.composer_corpus import Piece, contents, corpus, kind
from models.vocabulary import GENRES

SEEDS, LIKE = 20, 60
"""Seeds of a request, and takes of a genre for the comparison with held-out songs."""
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
    return [s for path in sorted(folder.glob(f"{genre}-like-*.mid")) for s in looked_at(path.read_bytes(), genre, 1)]


def compare(
    pieces: list[Piece], real: list[Piece], files: dict[str, bytes], folders: dict[str, Path]
) -> dict[str, dict[str, dict[str, float]]]:
    """For each version and genre the overlap of every feature with held-out songs; "real" is training songs'."""
    out: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for genre in GENRES:
        taught = [p for p in pieces if p.split == "train" and p.song.tag == genre and kind(p) == "band"]
        model = ChordModel([p.song.chords for p in taught], CHORD_WORDS)
        songs = [s for p in real if p.song.tag == genre for s in looked_at(files[p.song.name], genre, 4)]
        target = statistics(songs, model)
        for name, folder in folders.items():
            own = statistics(of_folder(folder, genre), model)
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
    options = parser.parse_args()
    pieces = corpus(options.data, options.work, options.wads)
    real = held_out(pieces, GENRES)
    folder = options.work / "composer-takes"
    ears = options.work / "composer-real"
    takes = run(jobs(GENRES, options.seeds), folder, options.processes)
    heard = judge_genre(renderings(real, options.data, options.wads, ears, options.processes), takes, folder, ears)
    alike_jobs = like(((p.song.tag, lineup(p), p.song.tempo) for p in real), LIKE)
    (options.work / "composer-like.json").write_text(json.dumps([asdict(job) for job in alike_jobs]))
    write(alike_jobs, folder)
    versions = {"ours": folder} | ({"first": options.first} if options.first else {})
    alike = compare(pieces, real, dict(contents(real, options.data, options.wads)), versions)
    trained = [p for p in pieces if p.split == "train"]
    known = {h for tune, metre in of_pieces(trained) for h in novelty.passages(tune, metre)}
    ours = tunes(folder)
    played = idioms(real, versions)
    figures = {
        "idioms": played,
        "genre judge": heard,
        "overlap": alike,
        "copied 8-bar passages": {"takes": novelty.copied(ours, known), "real": novelty.copied(of_pieces(real), known)},
        "distinct figures": {
            "takes": novelty.distinct(t for t, _ in ours),
            "real": novelty.distinct(t for t, _ in of_pieces(real)),
        },
    }
    print(_table(takes, heard, alike))
    print(_idiom_table(played))
    print(json.dumps({k: v for k, v in figures.items() if k not in ("overlap",)}, indent=1))
    (options.work / "composer-figures.json").write_text(
        json.dumps(figures | {"obedience": _obedience(takes)}, indent=1)
    )


def _obedience(takes: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    out: dict[str, dict[str, float]] = {}
    for genre in (*GENRES, "all"):
        rows = [r for r in takes if genre in (r["genre"], "all")]
        if rows:
            out[genre] = {
                "instruments": float(np.mean([r["instruments"] for r in rows])),
                "length": float(np.mean([r["length"] for r in rows])),
                "inside": float(np.mean([r["inside"] for r in rows])),
                "tempo": float(np.mean([tempo_right(r["essentia"], r["tempo"]) for r in rows])),
                "tempo (ours)": float(np.mean([tempo_right(r["ours"], r["tempo"]) for r in rows])),
                "key": float(np.mean([key_right(r["heard key"], r["key"]) for r in rows])),
            }
    return out


def _idiom_table(played: dict[str, dict[str, dict[str, float]]]) -> str:
    groups = list(next(iter(next(iter(played.values())).values())))
    lines = ["", "| genre | figure | " + " | ".join(groups) + " |", "|---|---|" + "---|" * len(groups)]
    for genre, figures in played.items():
        for figure, rates in figures.items():
            values = " | ".join(f"{rates[g]:.2f}" for g in groups)
            lines.append(f"| {genre} | {figure.replace('_', ' ')} | {values} |")
    return "\n".join(lines) + "\n"


def _table(takes: list[dict[str, Any]], heard: dict[str, Any], alike: dict[str, Any]) -> str:
    obedience = _obedience(takes)
    versions = list(alike)
    head = [
        "genre",
        *next(iter(obedience.values())),
        "judge: real",
        "judge: ours",
        *(f"overlap: {v}" for v in versions),
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for genre in GENRES:
        real, own = heard["by genre"].get(genre, (float("nan"), float("nan")))
        row = [f"{v:.2f}" for v in obedience[genre].values()] + [f"{real:.2f}", f"{own:.2f}"]
        row += [f"{np.mean(list(alike[v][genre].values())):.3f}" for v in versions]
        lines.append(f"| {genre} | " + " | ".join(row) + " |")
    mean = [f"{np.mean([v[i] for v in heard['by genre'].values()]):.2f}" for i in (0, 1)]
    total = [f"{np.mean([list(alike[v][g].values()) for g in GENRES]):.3f}" for v in versions]
    lines.append("| all | " + " | ".join([f"{v:.2f}" for v in obedience["all"].values()] + mean + total) + " |")
    lines += ["", "| feature | " + " | ".join(versions) + " |", "|---|" + "---|" * len(versions)]
    for feature in FEATURES:
        values = [f"{np.mean([alike[v][g][feature] for g in GENRES]):.3f}" for v in versions]
        lines.append(f"| {feature} | " + " | ".join(values) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
