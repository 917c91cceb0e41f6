"""Make a database of a folder's music: ``python -m models.similarity.extract --music FOLDER --embeddings_db DB``.

Every sound file below the folder is embedded, and a version is published (`models.similarity.published`) that
`models.similarity.recommender` reads. A song's id is its path below the folder without the suffix: ``jazz/007``. Where
songs would get the same id, all of these keep the suffix. What cannot be read is named, and the command then ends with
1; the rest is published.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models.audio import audio_files
from models.checkpoint import CheckpointError
from models.similarity import published
from models.similarity.recommender import DEFAULT, Model, model
from models.similarity.vectors import Vectors
from models.spec import BadInput


@dataclass(frozen=True)
class Extracted:
    """The version that was published, None when nothing could be read; how many songs it has, and what is wrong with
    the other files, by path."""

    version: str | None
    count: int
    unreadable: dict[Path, str]


def songs(folder: Path) -> dict[str, Path]:
    """The sound files anywhere below a folder by their ids, in order. Hidden files are left out."""
    files = audio_files(folder)
    whole = [path.relative_to(folder).as_posix() for path in files]
    ids = [path.relative_to(folder).with_suffix("").as_posix() for path in files]
    # Once more for a song that is called as another with its suffix; paths differ, so this ends.
    while len(set(ids)) < len(ids):
        times = Counter(ids)
        ids = [path if times[id] > 1 else id for id, path in zip(ids, whole, strict=True)]
    return dict(zip(ids, files, strict=True))


def embedded(found: Model, by_id: dict[str, Path]) -> Iterator[tuple[str, Path, Vectors | str]]:
    """Each id with its file and its unit vector (size,), or what is wrong with the file."""
    for id, path in by_id.items():
        try:
            id.encode()
            yield id, path, found.embed(path)
        except UnicodeEncodeError:
            yield id, path, "Its name is not valid UTF-8."
        except (BadInput, OSError) as error:
            yield id, path, str(error)


def extract(
    model_path: str | os.PathLike[str], music_folder: str | os.PathLike[str], embeddings_db: str | os.PathLike[str]
) -> Extracted:
    """Embed the music below a folder and publish it as the current version of a database.

    Raises what `models.similarity.recommender.model` raises, and FileNotFoundError when there is no such folder or no
    sound file in it. A database stays as it is when nothing could be read.
    """
    folder = Path(music_folder)
    by_id = songs(folder)
    if not by_id:
        raise FileNotFoundError(f"there are no sound files below {folder}")
    found = model(model_path)
    ids: list[str] = []
    vectors: list[Vectors] = []
    unreadable: dict[Path, str] = {}
    for id, path, result in tqdm(embedded(found, by_id), total=len(by_id), desc=found.name, mininterval=5):
        if isinstance(result, str):
            unreadable[path] = result
        else:
            ids.append(id)
            vectors.append(result)
    if not ids:
        return Extracted(None, 0, unreadable)
    about = {"embedder": found.name, "checkpoint": found.hash}
    version = published.publish(Path(embeddings_db), ids, np.stack(vectors), about)
    return Extracted(version, len(ids), unreadable)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_path", default=DEFAULT, help="a SimCLR checkpoint file or an embedder's name")
    parser.add_argument("--music", type=Path, required=True, help="folder of sound files")
    parser.add_argument("--embeddings_db", type=Path, required=True, help="folder of the database")
    args = parser.parse_args(arguments)
    try:
        done = extract(args.model_path, args.music, args.embeddings_db)
    except (CheckpointError, OSError, ValueError) as error:
        sys.exit(str(error))
    wrong = [f"{ascii(str(path))[1:-1]}: {what}" for path, what in done.unreadable.items()]
    print(f"{done.count} songs in {args.embeddings_db}, {len(wrong)} files not readable.", *wrong, sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
