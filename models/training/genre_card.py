"""The card of the genre model, with the log of what was tried."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from models.checkpoint import Card
from models.training.genre_material import Material
from models.vocabulary import GENRES

# Accuracy on recordings / on those of 14-30 s / on renderings, artist-disjoint, mean of three draws of the folds. Two
# tracks are half a percent of the recordings: most differences are within the noise.
TRIED = [
    ["tag logits and penultimate layers of both nets, logistic regression", ".759 / .811 / .495", "the start"],
    ["mean and maximum of the pooled channels added, at .7 of the weight", ".758 / .841 / .491", "kept: long clips"],
    ["feature vectors of equal length", ".756 / .853 / .502", "kept: long clips"],
    ["two classifiers mixed by a third that knows renderings", ".756 / .851 / .578", "kept, ships"],
    ["one boundary, renderings as heavy as recordings", ".738 / .825 / .562", "cannot serve both"],
    ["two copies of each track, disturbed in speed, tempo, equaliser, room, noise, level and codec (--copies 2)",
     ".755 / .827 / .532", "likelier truth, fewer long clips right"],
    ["the same with the penalty chosen inside each training fold, and the mixture", ".750 / .818 / .589", "no"],
    ["windows of 3 and 6 s beside whole tracks", ".755 / .861 / .540", "within the noise, slower"],
    ["windows of disturbed copies, and the mixture", ".752 / .831 / .590", "no"],
    ["average of the start and of equal lengths", ".759 / .837 / .501", "within the noise"],
    ["MSD network alone (other draws)", ".745 / .809 / .465", "both networks kept"],
    ["one classifier a network, averaged (other draws)", ".749 / .821 / .464", "worse than joined"],
    ["linear discriminant analysis, shrunk (one other draw)", ".755 / .813 / .500", "no better"],
    ["support vector machine, Gaussian kernel (two other draws)", ".739 / .825 / .494", "worse"],
    ["average with a tag model of whole-track taggrams (other draws)", ".767 / .831 / .493", "without: .766 / .843"],
    ["pseudo-labels for 217 stretches of free game music (other draws)", ".763 / .853 / .503", "without: .767 / .857"],
    ["renderings with wrong sample tuning, as in the first version", ".763 / .818 / .351", "mended"],
]  # fmt: skip


def card(material: Material, results: dict[str, Any], banks: tuple[Path, ...], options: Namespace) -> Card:
    """What was learnt from, how it was tested, what came out. Draws the confusion matrix."""
    from models.evaluation import plots
    from models.evaluation.genre import DRAWS, FOLDS

    recorded = int(material.recorded.sum())
    picture = plots.confusion(results["confusion"], GENRES, plots.FOLDER / "genre-confusion.png")
    table = {
        "title": "Artist-disjoint accuracy, all systems on the same folds",
        "note": f"(this model and the plain probe: mean of {len(DRAWS)} draws; the others: one)",
        "columns": ["system", "recordings", "14-30 s", "renderings", "macro F1", "calibration error"],
        "rows": results["rows"],
    }
    return Card(
        name="genre",
        task="genre of a recording: one of ten",
        data=f"{recorded} GTZAN tracks (research use only) and {len(material) - recorded} excerpts of genre-labelled "
        f"MIDI files played by FluidSynth with {', '.join(bank.name for bank in banks)}. Features from musicnn, MSD "
        "and MTT.",
        split=f"{FOLDS} folds, stratified by genre; recordings grouped by artist (an unknown artist is a group of its "
        "own), renderings by song (their SoundFonts are the same on both sides); "
        f"mean of {len(DRAWS)} ways to draw the folds. The temperature is fitted on the other folds. Settings were "
        "compared on other draws, of the same tracks, so the figures are a little favoured. "
        "The shipped head is trained on all of it by the same recipe.",
        recipe="Logistic regression (L2) on track-averaged tag logits, penultimate layers and pooled channels, "
        "standardised and of equal length; one classifier for recordings, one for renderings, mixed by a third; "
        "artists and genres levelled by weights. "
        f"python -m models.training.genre --data FOLDER --seed {options.seed} --copies {options.copies}",
        figures=results["figures"],
        licence="MIT for the weights of the head; the recordings that it learnt from are for research only",
        labels=GENRES,
        limits="Rock and blues are mistaken for each other, country and metal most often; reggae loses half its recall "
        "when its one much-recorded artist is held out. Music played through a SoundFont is judged much less well than "
        "recordings; the renderings hold no metal, and eurodance stands in for disco. Styles outside of the ten get "
        "one of the ten, usually a weak one.",
        extra={"tables": [table], "tried": TRIED, "plots": [picture], "confusion": results["confusion"]},
    )
