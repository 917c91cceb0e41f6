"""`compose`: a request in, a score out. The network writes; the frame makes sure that the request is kept."""

from __future__ import annotations

import math

import torch

from models.composer import keeping as going_on
from models.composer.analysis.harmony import chord_index
from models.composer.cadence import cadence, final_chord
from models.composer.chance import flip
from models.composer.frame import Frame, Manner, make_frame, players
from models.composer.harmony import Changes
from models.composer.network import Network, network
from models.composer.pages import Wishes, harmonies, write
from models.composer.performing import perform
from models.composer.plan import Plan
from models.composer.progressions import usual
from models.composer.titles import title as make_title
from models.composer.writer import Bar, Pen, Player, Taste
from models.spec import Chord, GenerateRequest, Run, Score, Section
from models.vocabulary import key_name

_PLAIN_CHANCE, _SURPRISE_CHANCE = 0.65, 0.6
"""Temperature of the harmony without surprise, and what full surprise adds."""
_REPEAT = 0.45
"""Nats, on average over seeds, for playing a bar again (see `writer.Taste`): the network repeats too little."""
_STAY = 0.7
"""Nats that a tune's last pitch loses (see `writer.Taste`): the network repeats notes more than it read."""
_WILDNESS = 0.12
"""Standard deviation, over seeds, of the logarithm of the temperature: songs differ in how plain they are."""
_FULLNESS = 3.0
"""Nats between the sparsest and the fullest playing (see `writer.Taste`)."""


def compose(request: GenerateRequest, run: Run | None = None, manner: Manner | None = None) -> Score:
    """Write a piece that keeps to the request's genre, instruments, tempo, length, key and seed exactly.

    With a source it goes on from that (see `models.composer.keeping`). The same request and manner give the same
    score. Raises `models.spec.Cancelled` when the run is cancelled, BadInput for a source that cannot be used, and
    `models.checkpoint.CheckpointError` when the network is not there.
    """
    run = run or Run()
    manner = manner or Manner()
    material = None
    if request.source:
        frame, material = going_on.frame(request, manner)
    else:
        frame = make_frame(request, manner)
    band = [(s, p) for s in frame.seats for p in players(s, frame)]
    seated = list(enumerate(p for _, p in band))
    final = final_chord(frame.style, frame.mode, frame.tonic, frame.plan, frame.rng("final"))
    wishes = _wishes(frame)
    keeping = going_on.keep(request.source, material, frame, band, wishes) if request.source and material else None
    bars = _write(
        frame, [p for _, p in seated], network(), wishes, run, lead_first=bool(keeping and keeping.lead_first)
    )
    changes = Changes(harmonies(bars, frame.plan, frame.tonic, final))
    parts = []
    for number, seat in enumerate(frame.seats):
        own = [(place, player) for (place, player), (s, _) in zip(seated, band, strict=True) if s is seat]
        kept = keeping.notes.get(number, ()) if keeping else ()
        fresh = keeping.fresh.get(number) if keeping else None
        ending = keeping.ending if keeping else True
        parts.append(perform(seat, own, bars, changes, frame, kept, fresh, ending=ending))
    return Score(
        title=request.title or make_title(request.seed, frame.style.genre),
        genre=frame.style.genre,
        tempo=float(request.tempo),
        key=key_name(frame.tonic, frame.mode),
        metre=(frame.plan.beats_per_bar, 4),
        length=float(request.length),
        parts=tuple(parts),
        sections=_sections(frame.plan),
        chords=tuple(Chord(c.start / frame.plan.speed, c.symbol(frame.tonic)) for c in changes.chords),
    )


def _wishes(frame: Frame) -> Wishes:
    plan, manner = frame.plan, frame.manner
    closing = cadence(frame.style, frame.mode, plan.beats_per_bar, frame.rng("cadence"))
    vamp = frame.harmony == "usual" and flip(frame.rng("vamp"), frame.style.vamps)
    wishes = Wishes(closing, {}, {}, {}, manner.density, vamp)
    if frame.harmony == "usual":
        chords = usual(plan, frame.style, frame.mode, manner.surprise, frame.rng("harmony"))
        looped = {s.start + i for s in plan.sections if s.letter not in ("intro", "A") for i in range(s.bars)}
        wishes.chords.update({bar: beats for bar, beats in chords.items() if not (vamp and bar in looped)})
    if manner.chords is not None:
        asked = [_beats(bar, plan.beats_per_bar, frame.tonic) for bar in manner.chords]
        wishes.chords.update({bar: asked[bar % len(asked)] for bar in range(plan.bars)})
    return wishes


def _beats(bar: list[tuple[int, str]], beats: int, tonic: int) -> list[int]:
    """The chord index of each beat of a bar of chords that share it."""
    shared = [bar[beat * len(bar) // beats] for beat in range(beats)]
    return [chord_index((root - tonic) % 12, quality) for root, quality in shared]


def _write(
    frame: Frame, band: list[Player], brain: Network, wishes: Wishes, run: Run, *, lead_first: bool
) -> list[Bar]:
    plan = frame.plan
    threads = torch.get_num_threads()
    # One thread: the products are small, and their sums must not depend on how many cores there are.
    torch.set_num_threads(1)
    try:
        pen = Pen(
            brain.steps,
            brain.drums,
            frame.style.genre,
            plan.tempo,
            plan.beats_per_bar,
            frame.mode,
            frame.swings,
            band,
            frame.rng("pen"),
            lead_first=lead_first,
            taste=_taste(frame),
        )
        return write(plan, frame.style.improvises, band, pen, wishes, run)
    finally:
        torch.set_num_threads(threads)


def _taste(frame: Frame) -> Taste:
    """How the piece is written: as its options say, and as songs of a genre differ, by its seed."""
    manner, chance = frame.manner, frame.rng("character")
    return Taste(
        temperature=manner.temperature * math.exp(_WILDNESS * chance.normal()),
        top_p=manner.top_p,
        chord_temperature=_PLAIN_CHANCE + _SURPRISE_CHANCE * manner.surprise,
        fullness=_FULLNESS * (manner.density - 0.5),
        repeat=_REPEAT * chance.uniform(0, 2),
        stay=_STAY,
    )


def _sections(plan: Plan) -> tuple[Section, ...]:
    sections = []
    for i, s in enumerate(plan.sections):
        start = s.start * plan.beats_per_bar
        last = i == len(plan.sections) - 1
        end = plan.total if last else (s.start + s.bars) * plan.beats_per_bar
        sections.append(Section(s.name, start / plan.speed, (end - start) / plan.speed))
    return tuple(sections)
