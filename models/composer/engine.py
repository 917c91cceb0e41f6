"""`compose`: a request in, a score out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.composer import accompaniment, bass, counter, drums, melody, riffs
from models.composer.chance import flip, pick, stream
from models.composer.harmony import Changes, harmonise
from models.composer.humanise import loosen, swing, tidy
from models.composer.instruments import TABLE, program
from models.composer.plan import Plan, make_plan
from models.composer.roles import Seat, seat
from models.composer.style import Style
from models.composer.styles import style as style_of
from models.composer.titles import title as make_title
from models.spec import Chord, GenerateRequest, Note, Part, Run, Score, Section
from models.vocabulary import key_name, parse_key

RIFF_LOW = 40
"""Lowest string of the guitar, E2."""


@dataclass(frozen=True)
class Manner:
    """How a piece is written, apart from the request. All 0-1; ``swing`` None is the genre's own."""

    density: float = 0.5
    complexity: float = 0.5
    swing: float | None = None
    humanise: float = 0.7
    drum_fills: bool = True


@dataclass(frozen=True)
class Setting:
    """What every player of a piece shares."""

    plan: Plan
    style: Style
    changes: Changes
    key: tuple[int, str]
    manner: Manner
    seed: int

    def rng(self, *labels: object) -> np.random.Generator:
        return stream(self.seed, self.style.genre, *labels)


def compose(request: GenerateRequest, run: Run | None = None, manner: Manner | None = None) -> Score:
    """Write a piece that keeps to the request's genre, instruments, tempo, length, key and seed exactly.

    The same request and manner give the same score. Raises `models.spec.Cancelled` when the run is cancelled.
    """
    run = run or Run()
    manner = manner or Manner()
    style = style_of(request.genre)
    chance = stream(request.seed, style.genre, "frame")
    band = pick(chance, style.bands)
    tonic, mode = pick(chance, style.tonics), "minor" if flip(chance, style.minor) else "major"
    beats = pick(chance, [m for m, _ in style.metres], [w for _, w in style.metres])
    if request.key is not None:
        tonic, mode = parse_key(request.key)
    instruments = tuple(dict.fromkeys(request.instruments)) or band
    seats = seat(instruments, style)
    # A line without accompaniment has nothing to play in an introduction.
    intro = any(TABLE[s.instrument].polyphonic or s.role in ("bass", "drums") for s in seats)
    plan = make_plan(
        style, request.tempo, request.length, beats, stream(request.seed, style.genre, "form"), intro=intro
    )
    changes = Changes(harmonise(plan, style, tonic, mode, stream(request.seed, style.genre, "harmony")))
    setting = Setting(plan, style, changes, (tonic, mode), manner, request.seed)
    run.check()
    return Score(
        title=request.title or make_title(request.seed, style.genre),
        genre=style.genre,
        tempo=float(request.tempo),
        key=key_name(tonic, mode),
        metre=(beats, 4),
        length=float(request.length),
        parts=_parts(seats, setting, run),
        sections=_sections(plan),
        chords=tuple(Chord(c.start / plan.speed, c.symbol(tonic)) for c in changes.chords),
    )


def _sections(plan: Plan) -> tuple[Section, ...]:
    sections = []
    for i, s in enumerate(plan.sections):
        start = s.start * plan.beats_per_bar
        last = i == len(plan.sections) - 1
        end = plan.total if last else (s.start + s.bars) * plan.beats_per_bar
        sections.append(Section(s.name, start / plan.speed, (end - start) / plan.speed))
    return tuple(sections)


def _parts(seats: tuple[Seat, ...], setting: Setting, run: Run) -> tuple[Part, ...]:
    plan, style, manner = setting.plan, setting.style, setting.manner
    names = [s.instrument for s in seats]
    riff_guitar: list[Note] = []
    riff_line: list[Note] = []
    guitarist = next((s for s in seats if s.instrument == "electric_guitar"), None)
    if style.riffs and guitarist is not None:
        item = TABLE["electric_guitar"]
        riff_guitar, riff_line = riffs.play(
            plan, style, setting.changes, setting.key, (RIFF_LOW, item.high), setting.rng("riff")
        )
    tune = _tune(seats, setting)
    tune, handed = _hand_over(seats, tune, setting)
    written: list[tuple[Seat, list[Note]]] = []
    rank: dict[str, int] = {}
    for player in seats:
        run.check()
        place = rank.get(player.role, 0)
        rank[player.role] = place + 1
        if player.role == "drums":
            accents = [n.onset for n in riff_line if n.duration >= 0.2] if style.genre == "metal" else []
            notes = drums.play(
                plan,
                style,
                setting.rng("drums"),
                fills=manner.drum_fills,
                alone=names == ["drums"],
                density=manner.density,
                accents=accents,
            )
            if style.genre == "classical":
                notes = drums.orchestral(notes, setting.changes)
        elif player.role == "melody":
            notes = list(tune)
            if player.alone:
                notes += _accompany(player, setting, 0, alone=True, tune=tune)
        elif player.role == "bass":
            item = TABLE[player.instrument]
            compass = (item.low, min(item.high, item.low + 24))
            notes = bass.play(
                plan,
                style,
                setting.changes,
                setting.key,
                compass,
                setting.rng("bass"),
                density=manner.density,
                riff=riff_line,
            )
        elif player.role == "counter":
            notes = _second(player, place, tune, setting)
            if place == 0:
                notes += handed
        elif player.role == "pad":
            notes = _pad(player, place, setting, tune)
        else:
            notes = _accompany(player, setting, place, tune=tune)
        if player is guitarist and riff_guitar:
            notes = _with_riff(notes, riff_guitar, player.role, setting)
        written.append((player, notes))
    return tuple(_finish(player, notes, setting) for player, notes in written)


def _tune(seats: tuple[Seat, ...], setting: Setting) -> list[Note]:
    """The melody line of whoever leads; empty when nobody does."""
    lead = next((s for s in seats if s.role == "melody"), None)
    if lead is None:
        return []
    item = TABLE[lead.instrument]
    low, high = item.lead
    return melody.compose(
        setting.plan,
        setting.style,
        setting.changes,
        setting.key,
        (low, high),
        setting.rng("melody"),
        density=setting.manner.density,
        complexity=setting.manner.complexity,
    )


def _hand_over(seats: tuple[Seat, ...], tune: list[Note], setting: Setting) -> tuple[list[Note], list[Note]]:
    """Give every second return of the verse to the second singer. Returns (the lead's tune, the other's)."""
    plan = setting.plan
    second = next((s for s in seats if s.role == "counter"), None)
    turns = [s for s in plan.sections if s.letter == "A" and s.turn % 2 == 1]
    if second is None or not turns:
        return tune, []
    spans = [(s.start * plan.beats_per_bar, (s.start + s.bars) * plan.beats_per_bar) for s in turns]
    taken = [n for n in tune if any(a <= n.onset < b for a, b in spans)]
    low, high = TABLE[second.instrument].lead
    moved = [Note(n.onset, n.duration, _into(n.pitch, low, high), n.velocity) for n in taken]
    return [n for n in tune if n not in taken], moved


def _with_riff(notes: list[Note], riff: list[Note], role: str, setting: Setting) -> list[Note]:
    """The guitar plays its riff; where it also leads, the tune comes in the sections without riff."""
    plan = setting.plan
    riffed = [
        (s.start * plan.beats_per_bar, (s.start + s.bars) * plan.beats_per_bar)
        for s in plan.sections
        if s.letter not in ("B", "ending")
    ]
    kept = [n for n in notes if not any(a - 1e-6 <= n.onset < b - 1e-6 for a, b in riffed)]
    chords = accompaniment.play(
        plan,
        setting.style,
        setting.changes,
        setting.style.comps["chorus"],
        (RIFF_LOW, RIFF_LOW + 19),
        setting.rng("power"),
        quiet=frozenset(i for i, s in enumerate(plan.sections) if s.letter not in ("B", "ending")),
        voices=3,
    )
    return kept + riff + ([] if role == "chords" else chords)


def _accompany(player: Seat, setting: Setting, place: int, *, alone: bool = False, tune: list[Note] = ()) -> list[Note]:  # type: ignore[assignment]
    plan, style = setting.plan, setting.style
    item = TABLE[player.instrument]
    kind = {"electric_piano": "keys", "piano": "keys", "vibraphone": "keys", "synth": "keys", "choir": "strings"}.get(
        player.instrument, player.instrument
    )
    pool = style.comps.get(kind) or style.comps["organ" if item.sustains else "keys"]
    grounded = player.low  # the left hand plays the bass
    if grounded:
        pool = style.comps["solo"]
    held = player.instrument == "choir" or (player.instrument == "strings" and kind not in style.comps)
    if held and not (alone or player.low):
        return _pad(player, place, setting, tune)
    low, high = (50, 67) if alone else ((53, 72) if place == 0 else (57, 76))
    if tune:
        # Chords stay under the tune, so that it is heard.
        ceiling = sorted(n.pitch for n in tune)[len(tune) // 4] - 1
        high = max(low + 13, min(high, ceiling))
        low = min(low, high - 13)
    if player.instrument in ("guitar", "electric_guitar"):
        low, high = (50, 70)
    floor = max(item.low, 36) if grounded else max(item.low, 40)
    deep = floor if grounded or kind in ("guitar", "electric_guitar") else None
    quiet: frozenset[int] = frozenset()
    if place > 0 and len(plan.sections) > 2:
        quiet = frozenset(i for i, s in enumerate(plan.sections) if s.letter == "intro")
    return accompaniment.play(
        plan,
        style,
        setting.changes,
        pool,
        (max(low, item.low), min(high, item.high)),
        setting.rng("comp", player.instrument),
        bass_below=deep,
        quiet=quiet,
        voices=3 if alone else None,
    )


def _pad(player: Seat, place: int, setting: Setting, tune: list[Note]) -> list[Note]:
    item = TABLE[player.instrument]
    if player.instrument == "strings" and "strings" in setting.style.comps and place == 0:
        return _accompany(player, setting, 1, tune=tune)
    low = 48 if player.instrument == "choir" else 53 if place == 0 else 58
    quiet: frozenset[int] = frozenset()
    if len(setting.plan.sections) > 3 and player.role == "pad":
        quiet = frozenset(i for i, s in enumerate(setting.plan.sections) if s.energy < 0.5)
    return accompaniment.pad(
        setting.plan, setting.style, setting.changes, (max(low, item.low), min(low + 19, item.high)), quiet=quiet
    )


def _second(player: Seat, place: int, tune: list[Note], setting: Setting) -> list[Note]:
    """A second singer: answers in the verse, harmony in the chorus; a third holds guide tones."""
    plan = setting.plan
    low, high = TABLE[player.instrument].lead
    loud = frozenset(i for i, s in enumerate(plan.sections) if s.letter in ("B", "ending"))
    calm = frozenset(range(len(plan.sections))) - loud
    rng = setting.rng("counter", player.instrument)
    if place % 2 == 0 and tune:
        notes = counter.answers(tune, plan, setting.style, setting.changes, setting.key, (low, high), rng, calm)
        bounds = [
            (plan.sections[i].start * plan.beats_per_bar, plan.sections[i].start + plan.sections[i].bars) for i in loud
        ]
        spans = [(a, b * plan.beats_per_bar) for a, b in bounds]
        under = [n for n in tune if any(a <= n.onset < b for a, b in spans) or n.onset >= plan.final - 1e-6]
        notes += counter.harmony_line(under, setting.changes, setting.key, (low, high), 2)
        return notes
    return counter.guide_tones(plan, setting.changes, (low, high), frozenset(range(len(plan.sections))))


def _finish(player: Seat, notes: list[Note], setting: Setting) -> Part:
    plan, style, manner = setting.plan, setting.style, setting.manner
    item = TABLE[player.instrument]
    ratio = style.swing if manner.swing is None else 0.5 + manner.swing * 0.17
    unit = style.swing_unit
    if unit == 0.5 and manner.swing is None:
        # Fast swing evens out (Friberg and Sundstrom 2002).
        ratio = 0.5 + (ratio - 0.5) * float(np.clip((260 - plan.tempo) / 110, 0.35, 1.0))
    played = swing(notes, ratio, unit, plan.final)
    played = loosen(
        played,
        player.role,
        manner.humanise,
        style.looseness,
        plan.seconds_per_beat,
        setting.rng("feel", player.instrument),
    )
    if player.role != "drums":
        played = [Note(n.onset, n.duration, _into(n.pitch, item.low, item.high), n.velocity) for n in played]
    mono = not item.polyphonic and player.role != "drums"
    tidied = tidy(played, plan.total, mono)
    scaled = tuple(Note(n.onset / plan.speed, n.duration / plan.speed, n.pitch, n.velocity) for n in tidied)
    name = player.instrument.replace("_", " ").capitalize()
    return Part(name, player.role, player.instrument, program(player.instrument, style.genre, player.role), scaled)


def _into(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
