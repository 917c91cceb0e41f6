"""The grammar of the learned composer: whatever the network says, what is written can be played."""

import itertools

import numpy as np
import pytest
import torch

from models.composer.realise import extent
from models.composer.style import backbone
from models.composer.tokens import CHORD_WORDS, PIECES, ROLES, SLOTS, STEPS, WHAT, WHAT_SIZE, WHEN, WHEN_SIZE
from models.composer.writer import Bar, Pen, Player, Taste
from models.nets.composer import ComposerNet, Config
from models.nets.composer_steps import Steps
from models.vocabulary import INSTRUMENTS

SETS = [1 << i for i in range(len(PIECES))]
BAND = (
    Player("drums", "drums", 0, 127),
    Player("bass", "bass", 28, 50),
    Player("chords", "guitar", 48, 84, chordal=True),
    Player("melody", "flute", 65, 88),
    Player("counter", "cello", 48, 69),
)


@pytest.fixture(scope="module")
def net() -> Steps:
    """An untaught network: it says anything."""
    torch.manual_seed(1)
    size = Config(WHEN_SIZE, WHAT_SIZE, 1 + len(ROLES), CHORD_WORDS, width=32, layers=1, heads=2, context=512)
    net = ComposerNet(size).eval()
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return Steps(net)


def pen(net: Steps, seed: int = 0, metre: int = 4, *, lead_first: bool = False, taste: Taste | None = None) -> Pen:
    rng = np.random.default_rng(seed)
    return Pen(net, SETS, "rock", 120.0, metre, "major", False, BAND, rng, lead_first=lead_first, taste=taste)


def check(bar: Bar, metre: int) -> None:
    assert len(bar.chords) == metre
    assert all(0 <= c < CHORD_WORDS - 2 for c in bar.chords)
    for place, events in bar.events.items():
        player = BAND[place]
        slots = [slot for slot, _, _ in events]
        assert slots == sorted(slots)
        assert all(slot in SLOTS and slot < metre * STEPS for slot in slots)
        if player.role == "drums":
            assert all(what in SETS for _, _, what in events)
            continue
        for _, _, what in events:
            low, high = extent(what)
            assert player.low <= low <= high <= player.high
            assert player.chordal or what in WHAT["pitch"]
        if not player.chordal:
            assert len(set(slots)) == len(slots)
        else:
            assert max(np.unique(slots, return_counts=True)[1], default=0) <= 2


@pytest.mark.parametrize("metre", [3, 4])
@pytest.mark.parametrize("lead_first", [False, True])
def test_every_bar_can_be_played(net: Steps, metre: int, lead_first: bool) -> None:
    writer = pen(net, metre=metre, lead_first=lead_first)
    for left in range(40, 0, -1):
        # 40 bars do not fit into the context: the last ones are read again on the way.
        check(writer.bar(left, 4, due=frozenset({1, 3})), metre)


def test_the_due_play_and_the_silent_do_not(net: Steps) -> None:
    writer = pen(net)
    for _ in range(10):
        bar = writer.bar(8, 4, due=frozenset({0, 2}), silent=frozenset({3}))
        assert bar.events[0]
        assert bar.events[2]
        assert 3 not in bar.events


def test_what_is_given_stays(net: Steps) -> None:
    tune = [(0, 12, WHAT["pitch"].start + 50), (24, 12, WHAT["pitch"].start + 52)]
    for lead_first in (False, True):
        bar = pen(net, lead_first=lead_first).bar(8, 4, chords=[5, 5, 7, 7], given={3: tune, 0: []})
        assert bar.chords == [5, 5, 7, 7]
        assert bar.events[3] == tune
        assert not bar.events.get(0)


def test_a_bar_that_comes_back_is_one_step(net: Steps) -> None:
    riff = [(0, 12, WHAT["pitch"].start + 20), (24, 12, WHAT["pitch"].start + 22)]
    writer = pen(net)
    for _ in range(2):
        writer.bar(8, 4, chords=[0, 0, 7, 7], given={1: riff, 0: [], 2: [], 3: [], 4: []})
    first, second = (len(rows) for rows in writer._bars)
    # The bar's two controls, then chords and player: spelled the first time, then named as a repetition.
    assert (first, second) == (2 + 2 + 1 + 2, 2 + 1 + 1 + 1)


def test_the_network_may_repeat_a_bar(net: Steps) -> None:
    writer = pen(net, 4)
    bars = [writer.bar(20, 4) for _ in range(30)]
    again = sum(
        place in one.events and one.events[place] == other.events.get(place)
        for one, other in itertools.pairwise(bars)
        for place in range(len(BAND))
    )
    said = sum(row[0] == WHEN["same"].start for rows in writer._bars for row in rows)
    assert said >= again
    for bar in bars:
        check(bar, 4)


def test_a_crowd_that_fills_the_context_goes_on(net: Steps) -> None:
    crowd = [Player("chords", name, 48, 84, chordal=True) for name in INSTRUMENTS if name not in ("drums", "bass")]
    writer = Pen(net, SETS, "rock", 120.0, 4, "major", False, crowd, np.random.default_rng(0))
    everybody = frozenset(range(len(crowd)))
    for _ in range(4):
        assert set(writer.bar(8, 4, due=everybody).events) == everybody


def test_a_drummer_keeps_the_beat_once_the_introduction_is_over(net: Steps) -> None:
    drummer = Player("drums", "drums", 0, 127, backbone=backbone((0, 2), (1, 3), ()))
    sure = Taste(backbone=50.0, repeat=50.0)
    writer = Pen(net, SETS, "rock", 120.0, 4, "major", False, [drummer], np.random.default_rng(0), taste=sure)
    kick = 1 << PIECES.index("kick")
    snares = sum(1 << PIECES.index(piece) for piece in ("snare", "clap", "stick"))
    intro = [writer.bar(12, 0, due=frozenset({0})).events[0] for _ in range(4)]
    body = [writer.bar(8, 4, due=frozenset({0})).events[0] for _ in range(4)]

    def on_beats(events: list[tuple[int, int, int]]) -> list[int]:
        return [next((bits for slot, _, bits in events if slot == beat * STEPS), 0) for beat in range(4)]

    assert intro[1] == intro[0]
    assert on_beats(intro[0]) != on_beats(body[0])
    for one, two, three, four in map(on_beats, body):
        assert one & kick
        assert three & kick
        assert two & snares
        assert four & snares
    assert body[1] == body[0]


def test_a_tune_moves_on(net: Steps) -> None:
    def stays(nats: float) -> float:
        tune = [Player("melody", "flute", 65, 77)]
        writer = Pen(
            net, SETS, "rock", 120.0, 4, "major", False, tune, np.random.default_rng(0), taste=Taste(stay=nats)
        )
        bars = [writer.bar(20, 4, due=frozenset({0})).events[0] for _ in range(30)]
        notes = [[what for _, _, what in bar] for bar in bars]
        steps = [one == other for bar in notes for one, other in itertools.pairwise(bar)]
        assert len(steps) > 20
        return float(np.mean(steps))

    assert stays(0.0) > 0.02
    assert stays(50.0) == 0.0


def test_drums_from_elsewhere_are_simplified(net: Steps) -> None:
    kick, snare, conga = 1, 2, 1 << 16
    bar = pen(net).bar(8, 4, given={0: [(0, 0, kick | snare | conga)]})
    assert bar.events[0] == [(0, 0, kick | snare | conga)]


def test_a_seed_gives_the_same_bars_and_another_others(net: Steps) -> None:
    first, again, other = ([pen(net, seed).bar(8, 4) for _ in range(1)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_low_temperature_takes_the_likeliest(net: Steps) -> None:
    cold = Taste(temperature=0.01, top_p=0.5, chord_temperature=0.01)
    assert pen(net, 1, taste=cold).bar(8, 4) == pen(net, 2, taste=cold).bar(8, 4)


def test_no_pitch_to_play_is_an_error(net: Steps) -> None:
    with pytest.raises(ValueError, match="no pitch"):
        Pen(net, SETS, "rock", 120.0, 4, "major", False, [Player("melody", "flute", 70, 69)], np.random.default_rng(0))
