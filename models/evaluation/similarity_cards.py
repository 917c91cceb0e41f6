"""The cards of the embeddings: what the map was learnt from, the logs of what was tried, and the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models import checkpoint
from models.checkpoint import Card
from models.evaluation.recard import recard
from models.evaluation.retrieval import FIGURES, MEAN, QUERIES, Table

TRIED_MAP = [
    ["musicnn's features as they are, standardised", ".545", "the start"],
    ["logarithms of the genre model's probabilities", ".560", "nothing beside the genre is left"],
    ["the probabilities themselves, or their roots", ".592 / .575", "likewise"],
    ["linear discriminants in the principal directions, shrunk by .3", ".602", "begun with (five folds up to here)"],
    ["whitened features beside the discriminants, shrunk by .5, renderings of MIDI files taught as well",
     ".618", "ten folds"],
    ["the same, renderings at a tenth of the weight", ".624", ""],
    ["the same, recordings alone", ".631", "kept; reduced to 128 numbers, ships"],
    ["SimCLR's embedding beside musicnn's features, at half the weight", ".644",
     "best, left out: a query would take .25 s longer"],
]  # fmt: skip
TRIED_SIMCLR = [
    ["NT-Xent, both views of one place, batch 512, .9 minutes", ".409", ""],
    ["NT-Xent, views of two places in a song or of its disturbed copy", ".403", "kept"],
    ["the same at temperature .15", ".403", ""],
    ["VICReg, two places", ".426", ""],
    ["NT-Xent, two places, the pack alone, .7 minutes", ".400", "the other music helps little"],
    ["NT-Xent, two places, batch 256, 3.1 minutes, weights averaged over fewer steps", ".488", "ships"],
    ["VICReg, likewise, 2.9 minutes", ".492", "the same within the noise"],
    ["both, joined", ".490", ""],
    ["whitened to 64 / 128 directions", ".404 / .389", "noise is raised"],
]  # fmt: skip
NOTE = (
    "Queries are the 171 recordings of the artists whom SimCLR never heard, results all other 423 recordings of GTZAN "
    "but for the query's artist's own. The default is cross-fitted in ten folds of artists, the mean of four draws: no "
    "two recordings are compared by a map that knew the genre of either."
)
NOTE_DEFAULT = (
    "All 424 recordings as queries. *As in use*: the genres of the results were known to the map, that of the query "
    "was not, as in a library that the map was learnt from."
)


def projection_card(count: int) -> Card:
    """Before it is measured."""
    return Card(
        name="projection",
        task="from musicnn's features to a place among music of its kind",
        data=f"{count} GTZAN recordings (research use only); features from musicnn, MSD and MTT.",
        split="For the figures ten folds of artists, stratified by genre, each pair of folds compared by a map that "
        "was learnt from the others; settings were chosen on another draw of the folds of the same recordings, so "
        "the figures are a little favoured. The map that ships is learnt from all recordings by the same recipe.",
        recipe="Standardised, length one, whitened within genres (scatter shrunk by a half), discriminants beside the "
        "whitened features, reduced to 128 numbers; artists and genres levelled by weights: "
        "python -m models.training.projection --data PACK",
        figures={},
        licence="MIT for the map; it was learnt from GTZAN, which is for research only",
        limits="Ten genres shaped it: what lies outside of them is placed by musicnn's ear alone. Rock and blues, "
        "whose few artists differ most, are found worst.",
        extra={"tried": TRIED_MAP},
    )


def write(tables: dict[str, Table]) -> None:
    """Put the figures of `models.evaluation.similarity` into the shipped cards."""
    shown = [name for name in tables if not name.startswith("default,")]
    comparison = {
        "title": "Retrieval of the same genre by other artists",
        "note": NOTE,
        "columns": ["embedding", *FIGURES, "precision@10, mean over queries"],
        "rows": [_row(name, tables[name]) for name in shown],
    }
    genres = [name for name in tables[shown[0]] if name not in (MEAN, QUERIES)]
    by_genre = {
        "title": "The same by genre: precision@10",
        "columns": ["embedding", *genres],
        "rows": [[name, *(f"{tables[name][genre]['precision@10']:.2f}" for genre in genres)] for name in shown],
    }
    whole = {
        "title": "The default, every recording asked",
        "note": NOTE_DEFAULT,
        "columns": comparison["columns"],
        "rows": [
            _row("strict", tables["default, every recording asked"]),
            _row("as in use", tables["default, results known"]),
        ],
    }
    for name, table, more in (("projection", "default", [whole]), ("simclr", "SimCLR", [])):
        found = checkpoint.load(name).card
        tried = TRIED_MAP if name == "projection" else TRIED_SIMCLR
        figures: dict[str, Any] = {"test artists": _rounded(tables[table][MEAN])}
        if more:
            figures["every recording, strict"] = _rounded(tables["default, every recording asked"][MEAN])
        else:
            figures |= {"validation": found.figures["validation"]}
        recard(name, figures, [comparison, by_genre, *more], tried, (), found.split)


def _row(name: str, table: Table) -> Sequence[str]:
    values = [*table[MEAN].values(), table[QUERIES]["precision@10"]]
    return [name, *(f"{value:.3f}" for value in values)]


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}
