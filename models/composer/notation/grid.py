"""Quantising: each beat of a part is put on the grid that fits it best.

Time on paper is counted in ticks, `TICKS` to the quarter note, so that thirty-seconds and triplets are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.composer.notation.kit import feet_of
from models.composer.notation.swing import Swing, find
from models.spec import Note, Part, Score

TICKS = 24
EIGHTH, SIXTEENTH = 12, 6
_STRAIGHT, _FINE = tuple(range(0, 25, 6)), tuple(range(0, 25, 3))
_TRIPLET, _SEXTUPLET = tuple(range(0, 25, 8)), tuple(range(0, 25, 4))
_TOGETHER_SECONDS, _TOGETHER_BEATS = 0.035, 0.12
"""Notes that follow each other faster are one stroke (a strummed chord), however far they spread up to..."""
_SPREAD_BEATS = 0.2
_SLACK_SECONDS = 0.012
"""Standard deviation of a player's timing."""
_LOST = 40.0
"""Cost of two strokes that fall on one grid line."""
_GRACE_SECONDS = 0.095
"""A softer neighbour struck so shortly before a note, and nothing else about it, is its grace note."""
_SHORTEST = 3
"""Ticks of a note that is written, a thirty-second."""
_STACCATO = 0.45
"""A note shorter than this share of its written value gets a dot."""


@dataclass(frozen=True)
class Written:
    """A note on paper: ``onset`` and ``end`` in ticks, ``grace`` the pitch of a grace note before it."""

    onset: int
    end: int
    pitch: int
    staccato: bool = False
    grace: int | None = None


@dataclass(frozen=True)
class Paper:
    """A quantised score: one tuple of notes a part, in the order of the score's parts."""

    swing: Swing
    parts: tuple[tuple[Written, ...], ...]


def quantise(score: Score, *, compound: bool = False) -> Paper:
    """All parts of a score on paper; what is written already stays as it is. In ``compound`` metres (6/8) there are
    no triplets."""
    if score.written:
        return Paper(Swing(), tuple(_as_written(part) for part in score.parts))
    slack = _SLACK_SECONDS * score.tempo / 60
    together = min(_TOGETHER_SECONDS * score.tempo / 60, _TOGETHER_BEATS)
    strokes = [_strokes(part, together) for part in score.parts]
    graces: list[dict[Note, int]] = [{} for _ in score.parts]
    for index, part in enumerate(score.parts):
        if not part.is_drums:
            strokes[index], graces[index] = _graces(strokes[index], _GRACE_SECONDS * score.tempo / 60)
    swing = find([time for part in strokes for time, _ in part])
    return Paper(
        swing,
        tuple(
            _drum_ends(_placed(found, swing, slack, compound), feet_of(part))
            if part.is_drums
            else _part(_placed(found, swing, slack, compound), swing, ornaments)
            for part, found, ornaments in zip(score.parts, strokes, graces, strict=True)
        ),
    )


def _as_written(part: Part) -> tuple[Written, ...]:
    """Notes whose times are on paper already, in ticks."""
    notes = [Written(round(n.onset * TICKS), round((n.onset + n.duration) * TICKS), n.pitch) for n in part.notes]
    notes = [replace(note, end=max(note.end, note.onset + _SHORTEST)) for note in notes]
    return tuple(_without_overlap(sorted(notes, key=lambda note: (note.onset, note.pitch))))


def _strokes(part: Part, together: float) -> list[tuple[float, list[Note]]]:
    """Notes struck together, with the moment of the first."""
    found: list[tuple[float, list[Note]]] = []
    last = 0.0
    for note in sorted(part.notes, key=lambda n: (n.onset, n.pitch)):
        if found and note.onset - last <= together and note.onset - found[-1][0] <= _SPREAD_BEATS:
            found[-1][1].append(note)
        else:
            found.append((note.onset, [note]))
        last = note.onset
    return found


def _graces(
    strokes: list[tuple[float, list[Note]]], longest: float
) -> tuple[list[tuple[float, list[Note]]], dict[Note, int]]:
    """Take out grace notes: the strokes without them, and the pitch of each by the note it leads to."""
    kept: list[tuple[float, list[Note]]] = []
    graces: dict[Note, int] = {}
    index = 0
    while index < len(strokes):
        time, notes = strokes[index]
        after = strokes[index + 1] if index + 1 < len(strokes) else None
        if after is not None and len(notes) == len(after[1]) == 1:
            (small,), (main,), gap = notes, after[1], after[0] - time
            alone = not kept or time - kept[-1][0] > 2 * gap
            near = 0 < abs(main.pitch - small.pitch) <= 2 and main.velocity > small.velocity + 2
            if gap <= longest and small.duration <= 1.2 * gap and main.duration > 2.5 * gap and alone and near:
                led = replace(main, onset=time, duration=main.duration + gap)
                kept.append((time, [led]))
                graces[led] = small.pitch
                index += 2
                continue
        kept.append((time, notes))
        index += 1
    return kept, graces


Grids = dict[int, tuple[int, ...]]
"""The grid of each beat."""


def _placed(
    strokes: list[tuple[float, list[Note]]], swing: Swing, slack: float, compound: bool
) -> list[tuple[int, list[Note], Grids]]:
    """Strokes with their ticks, and the grid of each beat; strokes that meet on one tick are one."""
    by_beat: dict[int, list[tuple[float, list[Note]]]] = {}
    for time, notes in strokes:
        place = swing.written(time)
        by_beat.setdefault(int(place), []).append((place, notes))
    grids: Grids = {}
    placed: dict[int, list[Note]] = {}
    for beat, found in sorted(by_beat.items()):
        grid, ticks = _best(beat, [place for place, _ in found], swing, slack, compound)
        grids[beat] = grid
        for tick, (_, notes) in zip(ticks, found, strict=True):
            placed.setdefault(beat * TICKS + tick, []).extend(notes)
    return [(tick, notes, grids) for tick, notes in sorted(placed.items())]


def _best(
    beat: int, places: list[float], swing: Swing, slack: float, compound: bool
) -> tuple[tuple[int, ...], list[int]]:
    """The grid that fits the strokes of a beat, and their ticks on it."""
    choices = []
    for rank, grid in enumerate((_STRAIGHT, _FINE) if compound else (_STRAIGHT, _TRIPLET, _FINE, _SEXTUPLET)):
        lines = _lines(beat, grid, swing)
        chosen = [min(range(len(grid)), key=lambda i: abs(lines[i] - place)) for place in places]
        error = sum(((lines[i] - place) / slack) ** 2 for i, place in zip(chosen, places, strict=True))
        ticks = [grid[i] for i in chosen]
        cost = error + _LOST * (len(ticks) - len(set(ticks))) + _trouble(grid, ticks, swing)
        choices.append((cost, rank, grid, ticks))
    _, _, grid, ticks = min(choices)
    return grid, ticks


def _lines(beat: int, grid: tuple[int, ...], swing: Swing) -> list[float]:
    """Where the lines of a grid lie in written time; triplets are never swung, so they are bent back."""
    places = [beat + tick / TICKS for tick in grid]
    return [swing.written(place) for place in places] if grid in (_TRIPLET, _SEXTUPLET) else places


def _trouble(grid: tuple[int, ...], ticks: list[int], swing: Swing) -> float:
    """How much harder a grid is to read than eighths."""
    if grid == _STRAIGHT:
        plain = all(tick % EIGHTH == 0 for tick in ticks)
        # Who swings eighths thinks of triplets before sixteenths.
        return 0.0 if plain else 6.0 if not swing.straight and swing.unit == 0.5 else 1.0
    if grid == _TRIPLET:
        return 4.0
    return 12.0


def _part(placed: list[tuple[int, list[Note], Grids]], swing: Swing, graces: dict[Note, int]) -> tuple[Written, ...]:
    out: list[Written] = []
    for index, (tick, notes, grids) in enumerate(placed):
        following = placed[index + 1][0] if index + 1 < len(placed) else None
        longest: dict[int, Note] = {}
        for note in notes:
            if note.pitch not in longest or note.duration > longest[note.pitch].duration:
                longest[note.pitch] = note
        for pitch, note in sorted(longest.items()):
            last = _on_grid(swing.written(note.onset + note.duration), grids)
            end = _tidy_end(tick, last, following, grids)
            length = (swing.performed(end / TICKS) - swing.performed(tick / TICKS)) * _STACCATO
            short = end - tick <= TICKS and note.duration < length
            out.append(Written(tick, end, pitch, short, graces.get(note)))
    return tuple(_without_overlap(out))


def _on_grid(place: float, grids: Grids) -> int:
    beat = int(place)
    grid = grids.get(beat, _STRAIGHT)
    return beat * TICKS + min(grid, key=lambda tick: abs(beat + tick / TICKS - place))


def _tidy_end(onset: int, end: int, following: int | None, grids: Grids) -> int:
    """No rests that are only breath: a note lasts to the next one where it fills most of the way."""
    shortest = onset + min(b - a for a, b in zip(_grid_at(onset, grids), _grid_at(onset, grids)[1:], strict=False))
    end = max(end, shortest)
    if end - onset >= TICKS and end % EIGHTH and _grid_at(end, grids) in (_STRAIGHT, _FINE):
        # Where a long note ends is heard to an eighth at most.
        rounded = (end + SIXTEENTH) // EIGHTH * EIGHTH
        end = following if following is not None and end <= following < rounded else rounded
    if following is None:
        return end
    gap = following - end
    if gap > 0:
        if following - onset <= TICKS and 2 * (end - onset) >= following - onset:
            return following
        if gap <= SIXTEENTH and end - onset >= SIXTEENTH:
            return following
        if onset % EIGHTH == 0 and end - onset < EIGHTH and following - onset >= EIGHTH:
            return onset + EIGHTH if _grid_at(onset, grids) in (_STRAIGHT, _FINE) else end
    return end


def _grid_at(tick: int, grids: Grids) -> tuple[int, ...]:
    return grids.get(tick // TICKS, _STRAIGHT)


def _without_overlap(notes: list[Written]) -> list[Written]:
    """A key is let go before it is struck again."""
    last: dict[int, int] = {}
    out: list[Written] = []
    for note in notes:
        before = last.get(note.pitch)
        if before is not None and out[before].end > note.onset:
            held = out[before]
            out[before] = replace(held, end=note.onset)
        last[note.pitch] = len(out)
        out.append(note)
    return out


def _drum_ends(placed: list[tuple[int, list[Note], Grids]], feet: frozenset[int]) -> tuple[Written, ...]:
    """Strokes have no length: each is written up to the next of hands or feet, at most to the end of its beat."""
    out = []
    for lower in (False, True):
        own = [(tick, {n.pitch for n in notes if (n.pitch in feet) == lower}) for tick, notes, _ in placed]
        own = [(tick, pitches) for tick, pitches in own if pitches]
        for index, (tick, pitches) in enumerate(own):
            beat_end = (tick // TICKS + 1) * TICKS
            end = min(beat_end, own[index + 1][0]) if index + 1 < len(own) else beat_end
            out += [Written(tick, end, pitch) for pitch in sorted(pitches)]
    return tuple(sorted(out, key=lambda note: (note.onset, note.pitch)))
