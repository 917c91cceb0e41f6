"""The set of notes, its splits and what training does to them, on the SoundFont that ships."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

from models.composer.render.voices import bank as shipped_bank
from models.dsp.qualities import SAMPLE_RATE, measure
from models.nets.notes import NotesNet, features_of, mel_of
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.training import gus, notes, notes_process, notes_recorded, notes_set, notes_splits, shared_samples
from models.training.notes_augment import Noise, equalised, heard, looped
from models.training.notes_calibrate import leanings, temperature, threshold
from models.training.notes_play import HELD, soundfont_player
from models.training.notes_programs import PROGRAMS, VELOCITIES, source_of


def hertz_of(sound: np.ndarray, near: float) -> float:
    """The frequency of the strongest partial within three semitones of ``near``."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    frequencies = np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE)
    inside = np.abs(12 * np.log2(np.maximum(frequencies, 1) / near)) < 3
    return float(frequencies[inside][spectrum[inside].argmax()])


def test_every_family_and_source_has_programs():
    assert {program.family for program in PROGRAMS.values()} == set(FAMILIES)
    assert {program.source for program in PROGRAMS.values()} == set(SOURCES)
    assert all(21 <= p.low < p.high <= 108 for p in PROGRAMS.values())
    assert source_of(73, synthetic_bank=True) == "synthetic"


@pytest.mark.parametrize("program", [0, 19, 40, 56, 71, 73])
def test_a_note_has_its_pitch_and_ends_after_note_off(play, program):
    note = play(program, 69, 100)
    assert note.shape == (4 * SAMPLE_RATE,)
    assert abs(12 * np.log2(hertz_of(note[8_000:32_000], 440) / 440)) < 0.2
    held = round(HELD * SAMPLE_RATE)
    assert np.abs(note[-800:]).max() < 0.2 * np.abs(note[held - 1_600 : held]).max() + 1e-4


def test_a_stroke_is_louder_and_brighter_than_a_touch(play):
    soft, loud = play(0, 60, VELOCITIES[0]), play(0, 60, VELOCITIES[-1])
    assert np.abs(loud).max() > 5 * np.abs(soft).max()
    share = [np.abs(np.fft.rfft(note))[16_000:].sum() / np.abs(np.fft.rfft(note)).sum() for note in (soft, loud)]
    assert share[1] > share[0]


def test_a_note_is_not_played_with_a_sample_that_is_left_out(play):
    font = shipped_bank()
    used = font.matching(40, False, 69, 100)[0].sample
    assert play(40, 69, 100) is not None
    assert soundfont_player(font, without=frozenset({used}))(40, 69, 100) is None


def test_shared_samples_are_found_at_another_level_start_and_rate():
    rng = np.random.default_rng(0)
    tones = [np.cumsum(rng.standard_normal(9_000)).astype(np.float32) for _ in range(4)]
    tones = [tone - np.convolve(tone, np.ones(200) / 200, mode="same") for tone in tones]
    one = shared_samples.beginnings(Fake([(tone, 32_000) for tone in tones]))
    changed = [
        (0.3 * tones[2], 32_000),
        (-np.concatenate([np.zeros(5_000), tones[1]]), 32_000),
        (soxr.resample(tones[3], 32_000, 24_000), 24_000),
        (rng.standard_normal(9_000), 32_000),
        (tones[0][:500], 32_000),
    ]
    assert shared_samples.shared(one, shared_samples.beginnings(Fake(changed))).tolist() == [1, 2, 3]


def test_what_two_families_of_banks_share_only_the_earlier_plays(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    first, second, third, fourth = (rng.standard_normal(6_000).astype(np.float32) for _ in range(4))
    contents = {
        "one": [(first, 32_000), (second, 32_000)],
        "sister": [(first, 32_000), (third, 32_000)],
        "other": [(fourth, 32_000), (0.5 * third, 32_000), (second, 32_000)],
    }
    banks = tuple(notes_set.Bank(name, "", "other" if name == "other" else "one") for name in contents)
    monkeypatch.setattr(notes_set, "BANKS", banks)
    monkeypatch.setattr(notes_set, "opened", lambda folder, bank: Fake(contents[bank.name]))
    found = notes_set.left_out(tmp_path)
    assert found == {"one": frozenset(), "sister": frozenset(), "other": frozenset({1, 2})}


class Fake:
    """A bank of samples in memory."""

    def __init__(self, samples):
        self._samples, self.samples = samples, len(samples)

    def sample(self, number):
        return self._samples[number]


def test_a_program_the_bank_lacks_is_no_note():
    assert soundfont_player(shipped_bank(), bank=77)(0, 60, 100) is None


def test_known_programs_have_the_qualities_that_one_expects(play):
    def has(program: int, pitch: int, quality: str) -> bool:
        note = play(program, pitch, 100)
        return measure(note / np.abs(note).max(), 440 * 2 ** ((pitch - 69) / 12))[quality]

    assert has(13, 72, "fast_decay")  # xylophone
    assert not has(19, 60, "fast_decay")  # church organ
    assert has(32, 28, "dark")  # double bass
    assert not has(81, 72, "dark")  # saw lead


def test_processing_gives_the_qualities_it_is_meant_to_give(play):
    random = np.random.default_rng(0)
    note = play(40, 69, 100)
    note /= np.abs(note).max()
    assert measure(note, 440)["distortion"] is False
    shares = {"distortion": 0, "reverb": 0, "nonlinear_env": 0}
    for _ in range(10):
        shaped, done = notes_process.distort(note, random)
        shares["distortion"] += measure(shaped, 440, done)["distortion"]
        wet, done = notes_process.reverberate(note, random)
        shares["reverb"] += measure(wet, 440, done)["reverb"]
        shares["nonlinear_env"] += measure(notes_process.modulate(note, random), 440)["nonlinear_env"]
    assert shares["reverb"] == 10
    assert shares["distortion"] >= 5
    assert shares["nonlinear_env"] >= 4


def patch(path: Path, hertz: float, rate: int) -> None:
    """A GUS patch of one looped sine."""
    period = round(rate / hertz)
    wave = (12_000 * np.sin(2 * np.pi * np.arange(20 * period) / period)).astype("<i2").tobytes()
    head = b"GF1PATCH110\0ID#000002\0".ljust(129 + 63 + 47, b"\0")
    head = head[: 129 + 63 + 6] + b"\x01" + head[129 + 63 + 7 :]
    words = struct.pack(
        "<7sBIIIHIIIHB6s6s3s3sBhH", b"", 0, len(wave), 0, len(wave), rate, 20_000, 8_000_000, round(hertz * 1000),
        1, 7, bytes(6), bytes(6), bytes(3), bytes(3), 1 | 4, 60, 1024,
    )  # fmt: skip
    path.write_bytes(head + words.ljust(96, b"\0") + wave)


def test_a_gus_patch_plays_at_its_pitch(tmp_path):
    patch(tmp_path / "073_Flute.pat", 441.0, 22_050)
    patches = gus.PatchFolder(tmp_path)
    player = gus.folder_player(patches)
    assert abs(12 * np.log2(hertz_of(player(73, 74, 100)[8_000:32_000], 587.33) / 587.33)) < 0.2
    assert player(0, 60, 100) is None
    assert gus.folder_player(patches, frozenset({0}))(73, 74, 100) is None
    assert patches.samples == 1
    assert patches.sample(0)[1] == 22_050
    (tmp_path / "000_Bad.pat").write_bytes(b"no patch")
    with pytest.raises(gus.BadPatch):
        gus.PatchFolder(tmp_path)


@pytest.mark.parametrize(("name", "pitch"), [("C4", 60), ("As3", 58), ("F#3v13", 54), ("A0", 21), ("Bb2", 46)])
def test_pitches_in_file_names(name, pitch):
    assert notes_recorded.pitch_of(name) == pitch


def test_a_file_without_a_pitch_is_refused():
    with pytest.raises(ValueError, match="no pitch"):
        notes_recorded.pitch_of("index")


def test_the_set_comes_back_as_it_was_written(small_set):
    audio, index = small_set
    assert audio.shape == (108, 64_000)
    assert set(index["velocity"]) <= set(VELOCITIES)
    assert index["qualities"].shape == (108, len(QUALITIES))
    assert set(np.unique(index["qualities"])) <= {-1, 0, 1}
    assert (np.abs(audio.astype(int)).max(axis=1) > 0.85 * 32_767).all()
    assert (index["source"][index["bank"] == "opl3"] == SOURCES.index("synthetic")).all()
    assert notes.natural(audio, index, np.array([0]))[0].max() <= 1


def a_large_index() -> notes_splits.Index:
    """What an index of all programs in all banks and some recordings looks like, without audio."""
    rows = [
        ("bank", bank.name, f"{bank.family}:{program.number}", FAMILIES.index(program.family), k)
        for bank in notes_set.BANKS
        for program in PROGRAMS.values()
        for k in range(4)
    ]
    rows += [("recorded", name, name, FAMILIES.index(f), 0) for name, (f, _) in notes_recorded.LIBRARIES.items()]
    rows += [("sung", f"singer {k}", f"singer {k}", FAMILIES.index("vocal"), 0) for k in range(20)]
    rows += [("philharmonia", "oboe", "oboe", FAMILIES.index("reed"), 0)] * 5
    columns = zip(*rows, strict=True)
    return {
        name: np.array(column) for name, column in zip(("kind", "bank", "group", "family", "k"), columns, strict=True)
    }


@pytest.mark.parametrize("name", sorted(notes_splits.SPLITS))
def test_splits_share_nothing_and_leave_the_recordings_out(name):
    index = a_large_index()
    split = notes_splits.SPLITS[name](index)
    parts = [set(part.tolist()) for part in (split.train, split.valid, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == (index["kind"] != "philharmonia").sum()
    assert "philharmonia" not in index["kind"][np.concatenate([split.train, split.valid, split.test])]
    assert set(index["family"][split.test]) == set(index["family"][split.train]) == set(range(len(FAMILIES)))
    if name != "note":
        groups = [set(index["group"][part]) for part in (split.train, split.valid, split.test)]
        assert not groups[0] & groups[1]
        assert not groups[0] & groups[2]
        assert not groups[1] & groups[2]


def test_the_strictest_split_keeps_whole_banks_for_testing():
    index = a_large_index()
    split = notes_splits.by_bank(index)
    outside = np.concatenate([split.train, split.valid])
    assert not set(index["bank"][outside]) & set(notes_splits.HELD_OUT_BANKS)
    assert notes_splits.VALID_BANK not in index["bank"][split.train]
    assert set(index["bank"][split.test]) == {*notes_splits.HELD_OUT_BANKS, "opl3"}
    assert (index["kind"][split.test] == "bank").all()


def test_a_hearing_keeps_the_shape_and_forgets_what_is_no_longer_true(small_set):
    audio, index = small_set
    random = np.random.default_rng(0)
    noise = Noise(audio, random)
    changed = 0
    for row in range(40):
        labels = index["qualities"][row].astype(np.int8)
        before = labels.copy()
        note, after = heard(audio[row] / np.float32(32_768), labels, 440.0, noise, random)
        assert note.shape == (64_000,)
        assert note.dtype == np.float32
        assert np.isfinite(note).all()
        assert (labels == before).all()
        assert ((after == before) | (after == -1) | (np.arange(9) == QUALITIES.index("reverb"))).all()
        changed += bool((after != before).any())
        level = equalised(mel_of(torch.from_numpy(note[None]))[0].numpy(), after, random)
        assert level.shape == notes.MEL_SHAPE
        assert np.isfinite(level).all()
    assert changed > 10


def test_a_looped_note_keeps_its_pitch_and_its_envelope(play):
    note = play(40, 69, 100)
    note = note / np.abs(note).max()
    labels = np.zeros(len(QUALITIES), np.int8)
    round_and_round = looped(note, labels, 440.0, np.random.default_rng(1))
    assert round_and_round.shape == note.shape
    assert abs(12 * np.log2(hertz_of(round_and_round[16_000:40_000], 440) / 440)) < 0.3
    loudness = [np.sqrt(np.mean(one[16_000:60_000].reshape(-1, 4_000) ** 2, axis=1)) for one in (note, round_and_round)]
    assert np.abs(20 * np.log10(loudness[1] / loudness[0])).max() < 3
    assert labels[QUALITIES.index("multiphonic")] == -1


def test_silence_cannot_be_looped():
    note = np.zeros(64_000, np.float32)
    assert looped(note, np.zeros(len(QUALITIES), np.int8), 440.0, np.random.default_rng(0)) is note


def test_leanings_give_back_how_frequent_the_classes_are():
    random = np.random.default_rng(0)
    share = np.array([0.7, 0.2, 0.1])
    y = random.choice(3, 4_000, p=share)
    evidence = 1.5 * np.eye(3)[y] + random.standard_normal((4_000, 3))
    told = evidence.astype(np.float32)  # as a network that takes all three for equally frequent
    added = leanings(told, np.where(np.arange(4_000) < 50, -1, y))
    assert (np.argsort(-added) == [0, 1, 2]).all()
    assert added.mean() == pytest.approx(0, abs=1e-5)
    before, after = (told.argmax(1) == y).mean(), ((told + added).argmax(1) == y).mean()
    assert after > before + 0.03


def test_a_hearing_is_computed_once(small_set, tmp_path, monkeypatch):
    audio, index = small_set
    rows, versions = np.array([3, 4, 3]), np.array([0, 1, 2])
    first = notes.Hearings(tmp_path, audio, index).get(rows, versions)
    monkeypatch.setattr(notes, "heard", None)
    again = notes.Hearings(tmp_path, audio, index).get(rows, versions)
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))


def test_families_are_drawn_alike(small_set):
    _, index = small_set
    rows = np.arange(108)
    weight = notes.weights(index, rows)
    assert weight.sum() == pytest.approx(1)
    drawn = np.bincount(index["family"], weight)
    assert drawn[drawn > 0] == pytest.approx(1 / 6)


@pytest.mark.parametrize("name", notes.NETS)
def test_every_network_learns_a_handful_of_notes(small_set, name, tmp_path):
    audio, index = small_set
    torch.manual_seed(0)
    net = notes.make(name)
    rows = np.arange(0, 108, 6)
    if name == "ours":
        net = notes.WithPrograms(net)
        hearings = notes.Hearings(tmp_path, audio, index)
        stream, loss = notes.our_batches(hearings, index, rows, 0)(0), notes.our_loss
    else:
        stream, loss = notes.seed_batches(name, audio, index, rows, 0)(0), notes.seed_loss
    batch = tuple(part[:4] for part in next(stream))
    optimizer = torch.optim.Adam(net.parameters(), 1e-4)  # more overshoots on four notes
    values = []
    for _ in range(8):
        value = loss(net, batch)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < values[0]


def test_level_does_not_reach_the_network(small_set):
    audio, _ = small_set
    note = torch.from_numpy(audio[:2] / np.float32(32_768))
    assert torch.allclose(features_of(mel_of(note)), features_of(mel_of(note * 0.01)), atol=1e-2)
    net = NotesNet(notes.make("ours").config).eval()
    with torch.inference_mode():
        source, family, qualities = net.calibrated(net(features_of(mel_of(note))))
    assert (source.shape, family.shape, qualities.shape) == ((2, 3), (2, 11), (2, 9))
    assert source.sum(dim=1) == pytest.approx([1, 1], abs=1e-5)


def test_calibration_finds_the_temperature_and_the_threshold():
    random = np.random.default_rng(0)
    logits = random.standard_normal((4_000, 3)) * 2
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([random.choice(3, p=row) for row in chance])
    assert temperature((3 * logits).astype(np.float32), y) == pytest.approx(3, rel=0.15)
    scores = random.standard_normal(4_000)
    assert threshold(scores + 1.2, (scores > 0).astype(int)) == pytest.approx(1.2, abs=0.3)
