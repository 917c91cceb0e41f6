"""The Python API of the earlier system, kept as it was written: ``MusicRecommender(model_path, embeddings_db)``.

    recommender = MusicRecommender("models/checkpoints/simclr-3d06c36b.pt", "embeddings")
    for song, score in recommender.recommend("new.mp3", top_k=5): ...

``model_path`` is a SimCLR checkpoint file or the name of an embedder, ``embeddings_db`` a folder that
`models.similarity.extract` wrote. Vectors of different checkpoints do not compare, so a database that another one made
is refused.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import checkpoint, registry
from models.audio import Recording
from models.audio.recording import KEPT_RATE
from models.embedders import simclr
from models.similarity import index, published
from models.similarity.vectors import Vectors
from models.spec import BadInput, Embedder, Run

DEFAULT = "musicnn"
DEVICE = "cpu"


@dataclass(frozen=True)
class Model:
    """An embedder with its name and the hash of the checkpoint that its vectors come from."""

    name: str
    hash: str | None
    embedder: Embedder

    def embed(self, path: str | os.PathLike[str]) -> Vectors:
        """(size,) the unit vector of a sound file. Raises `BadInput` for what is no audio, and for silence."""
        vector = self.embedder.embed(Recording.open(path), Run()).vector
        if not vector.any():
            raise BadInput("It is silent.")
        return vector


def model(model_path: str | os.PathLike[str] = DEFAULT) -> Model:
    """Load an embedder by name, or a SimCLR checkpoint by its file; a name goes before a file that is called so.

    Raises FileNotFoundError when there is neither, ValueError for a file that is not called ``simclr-HASH.pt``, and
    `models.checkpoint.CheckpointError` when weights are missing, doubled or damaged.
    """
    wanted, path = os.fspath(model_path), Path(model_path)
    if wanted in registry.names("embedders"):
        embedder: Embedder = registry.load("embedders", wanted, DEVICE)
        # Embeddings tell what made them, embedders need not: a second of silence is asked.
        told = embedder.embed(Recording(np.zeros(KEPT_RATE, np.float32), KEPT_RATE), Run()).checkpoint
        return Model(wanted, told, embedder)
    if not path.is_file():
        known = ", ".join(registry.names("embedders"))
        raise FileNotFoundError(f"{wanted!r} is neither a checkpoint file nor an embedder ({known})")
    if not re.fullmatch(rf"{simclr.NAME}-[0-9a-f]{{{checkpoint.HASH_DIGITS}}}\.pt", path.name):
        raise ValueError(f"{path.name} is not a SimCLR checkpoint: those are called {simclr.NAME}-HASH.pt")
    from models.nets.simclr import build, config_from

    loaded = checkpoint.load(simclr.NAME, path.parent)
    config = config_from(loaded.config)
    net = build(config, loaded.state_dict)
    return Model(simclr.NAME, loaded.hash, simclr.Simclr(net, config, loaded.hash, DEVICE))


class MusicRecommender:
    """Songs of a database that sound like another song."""

    def __init__(self, model_path: str | os.PathLike[str], embeddings_db: str | os.PathLike[str]) -> None:
        """Raises what `model` raises, FileNotFoundError when there is no database, and ValueError for one that another
        checkpoint made."""
        root = Path(embeddings_db)
        version = published.open_version(root)
        if version is None:
            raise FileNotFoundError(f"there is no database in {root}; models.similarity.extract makes one")
        self.version, self.model = version, model(model_path)
        made_by = version.about.get("checkpoint")
        if made_by != self.model.hash:
            raise ValueError(
                f"the database in {root} was made by {version.about.get('embedder')} with checkpoint {made_by}, "
                f"not by {self.model.name} with {self.model.hash}"
            )

    def recommend(self, query_song: str | os.PathLike[str], top_k: int = 10) -> list[tuple[str, float]]:
        """The ``top_k`` songs that are most like a song, (id, cosine), best first; fewer where there are fewer.

        The song is an id of the database, which is never among its own answers, or else a sound file. Raises ValueError
        for ``top_k`` below 1, FileNotFoundError for neither an id nor a file, and `BadInput` for what is no audio.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}, but it must be at least 1")
        own = self.version.number(os.fspath(query_song))
        if own is not None:
            # One more than asked, as the song itself is among the nearest.
            vector, k = index.at(self.version.index, [own])[0], top_k + 1
        elif Path(query_song).is_file():
            vector, k = self.model.embed(query_song), top_k
        else:
            raise FileNotFoundError(f"{os.fspath(query_song)!r} is neither an id of the database nor a file")
        found = zip(*index.search(self.version.index, vector, k), strict=True)
        return [(self.version.id(number), float(score)) for number, score in found if number != own][:top_k]
