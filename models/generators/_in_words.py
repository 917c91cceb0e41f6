"""What the modes that ask a model in words have in common: their options, and the request as a prompt."""

from __future__ import annotations

from pydantic import BaseModel, Field

from models.prompt import prompt_of
from models.spec import GenerateRequest


class InWords(BaseModel, extra="forbid"):
    """What the model is asked for."""

    mood: str | None = Field(
        None, max_length=100, examples=["dreamy, warm"], description="Words for the prompt, unless it is your own."
    )
    prompt: str | None = Field(
        None,
        max_length=1000,
        examples=["Made from the request"],
        description="What the model is told; empty: a prompt made from genre, instruments, tempo and key.",
    )

    def told(self, request: GenerateRequest) -> str:
        """The prompt: the user's own, or the request in words."""
        return self.prompt or prompt_of(request.genre, request.instruments, request.tempo, request.key, self.mood)
