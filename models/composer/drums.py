"""The drummer: grooves by section, fills that lead into the next one, crashes, ghost notes, an ending."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.composer.chance import flip, pick
from models.composer.harmony import Changes
from models.composer.patterns import LOUDNESS, bar, read
from models.composer.plan import Plan, SectionPlan
from models.composer.style import Groove, Style
from models.spec import Note

PIECES: dict[str, int] = {
    "kick": 36,
    "stick": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "pedal": 44,
    "open": 46,
    "crash": 49,
    "ride": 51,
    "bell": 53,
    "china": 52,
    "tambourine": 54,
    "shaker": 70,
    "cowbell": 56,
    "conga": 63,
    "tumba": 64,
    "tom1": 50,
    "tom2": 47,
    "tom3": 43,
    "timpani": 41,
}
"""Drum pieces and their keys in the General MIDI percussion map."""

LOWEST_TIMPANI, CONCERT_CYMBAL = 41, 57
"""Keys of the orchestral kit: timpani lie chromatically from F2."""

BASE_VELOCITY: dict[str, int] = {"hat": 78, "open": 80, "ride": 80, "shaker": 66, "tambourine": 68, "pedal": 58}
_DEFAULT_VELOCITY = 98
_HIT = 0.22
"""Beats a drum note lasts in the score; its sound rings on as the sample does."""


def play(
    plan: Plan,
    style: Style,
    rng: np.random.Generator,
    *,
    fills: bool = True,
    alone: bool = False,
    density: float = 0.5,
    accents: Sequence[float] = (),
) -> list[Note]:
    """The drum part. ``accents`` are beats of a riff that the kick doubles; ``alone`` makes it a solo."""
    hits: list[Note] = []
    chosen: dict[tuple[str, int], Groove] = {}
    per_bar = plan.beats_per_bar
    for section in plan.sections:
        level = _level(section, density)
        key = (section.letter, 0 if not alone else section.turn)
        groove = chosen.setdefault(key, pick(rng, style.grooves[level]))
        for index in range(section.bars):
            start = float((section.start + index) * per_bar)
            if start >= plan.final:
                break
            last = index == section.bars - 1
            mid = index % 4 == 3
            if section.letter == "intro" and index == 0 and section.bars > 1 and not alone:
                hits += _groove(_thin(groove), index, start, per_bar, section.energy, rng)
                continue
            length = 0.0
            if fills and (last or (mid and flip(rng, 0.25 + 0.4 * alone))):
                length = float(pick(rng, (1, 2, 3) if last and section.energy > 0.6 else (1, 1, 2)))
                length = min(length, per_bar - 1.0)
            body = _groove(groove, index, start, per_bar, section.energy, rng)
            if alone and not last:
                body = _solo(body, style, start, per_bar, index, rng)
            cut = start + per_bar - length
            hits += [hit for hit in body if hit.onset < cut - 1e-6]
            if length:
                hits += fill(style, cut, length, section.energy, rng)
                hits += [h for h in body if h.pitch == PIECES["kick"] and h.onset >= cut and not h.onset % 1]
            if index == 0 and section.energy > 0.5 and start > 0:
                hits.append(Note(start, _HIT, PIECES["crash"], 88))
    if accents:
        kicks = {round(h.onset, 3) for h in hits if h.pitch == PIECES["kick"]}
        hits += [Note(a, _HIT, PIECES["kick"], 96) for a in accents if round(a, 3) not in kicks and a < plan.final]
    hits += _last_hit(plan, style)
    return _unique(hits, plan)


def fill(style: Style, start: float, length: float, energy: float, rng: np.random.Generator) -> list[Note]:
    """A fill of ``length`` beats: cells of sixteenths or triplets that travel down the kit and grow."""
    triplet = style.swing > 0.6 and style.swing_unit == 0.5
    cells = ("x.x.", "xx.x", "x.xx", "xxxx", "x..x") if not triplet else ("x.x", "xxx", "x..", ".xx")
    weights = (3, 2, 3, 1.0 + 3 * energy, 1) if not triplet else (3, 2, 1, 1)
    pieces = style.fill_pieces
    out = []
    beats = int(length)
    for beat in range(beats):
        cell = pick(rng, cells, weights)
        place = min(len(pieces) - 1, int((beat + rng.random() * 0.8) / beats * len(pieces)))
        for step in read(cell, 1.0):
            here = min(len(pieces) - 1, place + int(flip(rng, 0.25)))
            # Swing warps the bar later; triplets are written so that they come out even.
            onset = _unswung(step.onset, style) if triplet else step.onset
            grow = 66 + 34 * (beat + step.onset) / beats * (0.6 + 0.4 * energy)
            out.append(Note(start + beat + onset, _HIT, PIECES[pieces[here]], int(grow + rng.integers(-5, 6))))
    return out


def _unswung(onset: float, style: Style) -> float:
    return onset * 0.5 / style.swing if onset < style.swing else 0.5 + (onset - style.swing) * 0.5 / (1 - style.swing)


def _level(section: SectionPlan, density: float) -> str:
    energy = section.energy + 0.5 * (density - 0.5)
    if section.letter == "intro" or energy < 0.5:
        return "calm"
    return "full" if energy > 0.8 else "main"


def _thin(groove: Groove) -> Groove:
    """The time-keeper of a groove alone, for the first bar of an intro."""
    keepers = [p for p in ("hat", "ride", "stick", "shaker", "kick") if p in groove]
    return {p: groove[p] for p in keepers[:2]} or groove


def _groove(
    groove: Groove, index: int, start: float, beats: int, energy: float, rng: np.random.Generator
) -> list[Note]:
    hits = []
    for piece, pattern in groove.items():
        text = bar(pattern, index)
        if beats == 3 and len(text) % 4 == 0:
            text = text[: len(text) * 3 // 4]
        for step in read(text, float(beats)):
            if step.mark == "o" and not flip(rng, 0.85):
                continue
            loud = LOUDNESS[step.mark] * (0.78 + 0.28 * energy)
            # Hands lean on the beat: the weaker the position, the softer the stroke.
            lean = 1.0 if step.onset % 1 == 0 else (0.9 if step.onset % 0.5 == 0 else 0.82)
            velocity = BASE_VELOCITY.get(piece, _DEFAULT_VELOCITY) * loud * (lean if step.mark != "X" else 1.0)
            hits.append(Note(start + step.onset, _HIT, PIECES[piece], max(18, min(126, round(velocity)))))
    return hits


def _solo(body: list[Note], style: Style, start: float, beats: int, index: int, rng: np.random.Generator) -> list[Note]:
    """Trade one groove bar for phrases around the kit, as a soloist does, keeping the kick."""
    if index % 4 in (0, 1) and not flip(rng, 0.3):
        return body
    length = float(beats if index % 4 == 2 else beats // 2)
    cut = start + beats - length
    kept = [h for h in body if h.onset < cut or h.pitch in (PIECES["kick"], PIECES["pedal"])]
    return kept + fill(style, cut, length, 0.75, rng)


def orchestral(notes: list[Note], changes: Changes) -> list[Note]:
    """The same part for an orchestra's percussion (the GS kit 48): timpani tuned to the chord, its own cymbals."""
    out = []
    for note in notes:
        pitch = note.pitch
        if pitch == PIECES["timpani"]:
            pitch = LOWEST_TIMPANI + (changes.at(note.onset).root - LOWEST_TIMPANI) % 12
        elif pitch == PIECES["crash"]:
            pitch = CONCERT_CYMBAL
        out.append(Note(note.onset, note.duration, pitch, note.velocity))
    return out


def _last_hit(plan: Plan, style: Style) -> list[Note]:
    """The final stroke together with the last chord."""
    cymbal = "ride" if style.genre == "jazz" else "crash"
    pieces = (("kick", 104), (cymbal, 96)) + ((("snare", 96),) if style.genre in ("metal", "rock", "disco") else ())
    return [Note(plan.final, _HIT, PIECES[piece], velocity) for piece, velocity in pieces]


def _unique(hits: list[Note], plan: Plan) -> list[Note]:
    """One stroke a piece and moment (the loudest), none in negative time or after the end."""
    best: dict[tuple[float, int], Note] = {}
    for hit in hits:
        key = (round(hit.onset, 3), hit.pitch)
        if 0 <= hit.onset <= plan.final and (key not in best or best[key].velocity < hit.velocity):
            best[key] = hit
    return sorted(best.values(), key=lambda h: (h.onset, h.pitch))
