"""Sentences that fill the form, and what honest rules must not claim to have understood."""

import pytest

from models.prompt import prompt_of
from models.vocabulary import GENRES, USUAL_BANDS, USUAL_TEMPOS
from models.wording import Wish, read


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("slow jazz with sax and piano, one minute", Wish("jazz", ("piano", "saxophone"), 70, 60)),
        ("Rock at 140 BPM in E minor, 45 seconds", Wish("rock", (), 140, 45, "E minor")),
        ("hip-hop, 90 s, Rhodes and drums", Wish("hiphop", ("electric_piano", "drums"), None, 90)),
        ("two and a half minutes of upbeat disco", Wish("disco", (), 145, 150)),
        ("a very fast metal track with electric guitars and double bass",
         Wish("metal", ("electric_guitar", "bass"), 180)),
        ("heavy metal in F# minor, 1:30", Wish("metal", (), None, 90, "F# minor")),
        ("classical in B flat for strings and flutes", Wish("classical", ("strings", "flute"), None, None, "Bb major")),
        ("jazz without drums", Wish("jazz", ("piano", "bass", "saxophone"))),
        ("pop with piano, guitar and no drums", Wish("pop", ("piano", "guitar"))),
        ("acoustic guitar and fiddle, country, 30s", Wish("country", ("guitar", "violin"), None, 30)),
        ("half a minute of reggae", Wish("reggae", (), None, 30)),
        ("Make me some blues please", Wish("blues")),
        ("ein langsamer Walzer", Wish(unread=("ein", "langsamer", "Walzer"))),
        ("dreamy pop with kazoo", Wish("pop", unread=("dreamy", "kazoo"))),
        ("jazz at 900 bpm, 40 minutes", Wish("jazz", unread=("900", "40", "minutes"))),
        ("popular songs", Wish(unread=("popular", "songs"))),
        ("something in a hurry", Wish(unread=("hurry",))),
        ("", Wish()),
        ("((((", Wish()),
    ],
)  # fmt: skip
def test_a_sentence_is_read(text: str, wish: Wish) -> None:
    assert read(text) == wish


@pytest.mark.parametrize("genre", GENRES)
def test_what_the_prompt_says_is_read_back(genre: str) -> None:
    band, tempo = USUAL_BANDS[genre], USUAL_TEMPOS[genre]
    wish = read(prompt_of(genre, band, tempo, "Bb minor"))
    assert (wish.genre, set(wish.instruments), wish.tempo, wish.key) == (genre, set(band), tempo, "Bb minor")
    assert wish.unread == ()


def test_a_prompt_names_who_plays() -> None:
    assert prompt_of("hiphop", ("synth",), 60, None, "dark, warm") == "Dark warm slow hip-hop, synth, 60 BPM"
    assert prompt_of("rock", (), 160).startswith("Fast rock, electric guitar, organ, bass and drums")


def test_a_long_text_is_read_in_no_time() -> None:
    assert read("a " * 100_000 + "jazz").genre is None
    assert read("jazz " + "no " * 300).genre == "jazz"
