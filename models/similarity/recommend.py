"""What sounds like a song: ``python -m models.similarity.recommend --embeddings_db DB --query_song SONG --top_k 10``.

Prints rank, id and cosine, separated by tabs, best first. The song is an id of the database or a sound file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from models.checkpoint import CheckpointError
from models.similarity.recommender import DEFAULT, MusicRecommender


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_path", default=DEFAULT, help="a SimCLR checkpoint file or an embedder's name")
    parser.add_argument("--embeddings_db", required=True, help="folder that models.similarity.extract wrote")
    parser.add_argument("--query_song", required=True, help="an id of the database, or a sound file")
    parser.add_argument("--top_k", type=int, default=10)
    args = parser.parse_args(arguments)
    try:
        found = MusicRecommender(args.model_path, args.embeddings_db).recommend(args.query_song, args.top_k)
    except (CheckpointError, OSError, ValueError) as error:
        sys.exit(str(error))
    for rank, (id, score) in enumerate(found, 1):
        print(f"{rank}\t{id}\t{score:.4f}")


if __name__ == "__main__":
    main()
