"""How long modes take here, as the catalogue and the form tell it."""

from tests.running import Studio


def test_a_mode_tells_how_long_it_takes_once_it_was_used(studio: Studio) -> None:
    job = studio.call("POST", "/generate", {"genre": "rock", "length": 10, "mode": "compose", "seed": 1})[1]
    done = studio.wait(job["id"])
    assert done["state"] == "done"
    modes = {mode["name"]: mode for mode in studio.call("GET", "/modes")[1]["modes"]}
    taken = modes["compose"]["pace"]
    assert 0 < taken < 3
    assert modes["musicgen"]["pace"] is None
    page = studio.fetch("GET", "/", headers={"Accept": "text/html"})[1].decode()
    assert f"Half a minute takes about {max(1, round(30 * taken))} s here." in page
    assert "Follows genre, instruments, tempo, length, key, seed, MIDI, music that exists." in page
    assert "CC BY-NC 4.0" in page
