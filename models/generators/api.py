"""An outside music model over HTTP, its answer brought to the request's tempo and length."""

from __future__ import annotations

from models import outside
from models.generators._in_words import InWords
from models.spec import Clip, GenerateRequest, OutsideError, Run, Spec

_ASKED = 0.7
"""Where asking ends on the progress bar."""
MOST_SECONDS = 900.0
"""Of an answer that are read."""


SPEC = Spec(
    kind="generators",
    name="api",
    label="Outside model",
    summary="Asks a music model over HTTP with a prompt made from the request; tempo and length are corrected after.",
    options=InWords,
    honours=("tempo", "length"),
    number=2,
    queue="outside",
    licence="Whatever the outside model's terms say",
    packages=("httpx", "torch", "python_stretch"),
    files=("checkpoints/tempo-*.pt",),
    install_hint="Run ./run.sh again to install it.",
)


def not_ready() -> str | None:
    """Without an address there is nobody to ask."""
    if outside.service() is None:
        return "No outside model is set up. Set MUSIC_API_URL, and MUSIC_API_KEY if it wants one; docs/outside.md."
    return None


class OutsideModel:
    """Asks the service anew for each request; keeps nothing."""

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises OutsideError when the service fails, Cancelled when the run is cancelled."""
        from models.generators._fitting import finished
        from models.generators._http_music import fetch

        service = outside.service()
        if service is None:
            raise OutsideError("No outside model is set up any more.")
        prompt = InWords.model_validate(request.options).told(request)
        content = fetch(service, prompt, request.length, request.seed, run, lambda said: run.progress(0.0, said))
        run.progress(_ASKED, "reading the answer")
        audio, rate = _decoded(content, service.host)
        return finished(audio, rate, request, service.host, run.part(_ASKED, 1.0)).clip(request, prompt)


def _decoded(content: bytes, host: str):  # type: ignore[no-untyped-def]
    """Samples and rate of an encoded sound. Raises OutsideError."""
    import tempfile
    from pathlib import Path

    from models.audio import decode
    from models.spec import BadInput

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        path.write_bytes(content)
        try:
            return decode(path, max_seconds=MOST_SECONDS)
        except BadInput:
            raise OutsideError(f"What {host} sent cannot be read as sound.") from None


def load(device: str = "cpu") -> OutsideModel:
    """The asker; ``device`` makes no difference."""
    return OutsideModel()
