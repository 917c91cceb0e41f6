"""Adversarial training (Goodfellow et al., 2014) on the shared loop: a generator and a discriminator take turns.

Two rates (TTUR; Heusel et al., 2017), an averaged generator, and every loss in the history, so that a collapse shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from models.nets.precision import autocast
from models.training.loop import Batch, Judge, Plan, Stream, averaged_of, descend, drive, judged

Losses = tuple[Tensor, dict[str, float]]
"""What is to be minimised, and the figures for the history."""
BETAS = (0.5, 0.9)


def fit(
    generator: nn.Module,
    discriminator: nn.Module,
    batches: Callable[[int], Iterator[Batch]],
    generator_loss: Callable[[Batch], Losses],
    discriminator_loss: Callable[[Batch], Losses],
    plan: Plan,
    judge: Judge | None = None,
    trained: Sequence[nn.Parameter] | None = None,
    ratio: float = 1.0,
) -> list[dict[str, float]]:
    """Train both in place, the discriminator first at each step; returns the history (see `loop.drive`).

    ``trained`` are the generator's weights that move (by default all of them); the discriminator's rate is ``ratio``
    times the plan's. The averaged generator is judged and left in ``generator`` at the end.
    """
    for net in (generator, discriminator):
        net.to(plan.device).train()
    averaged = averaged_of(generator, plan.average)
    moving = list(generator.parameters()) if trained is None else list(trained)
    own = torch.optim.AdamW(moving, plan.lr, BETAS, weight_decay=plan.weight_decay, fused=True)
    rate = plan.lr * ratio
    other = torch.optim.AdamW(discriminator.parameters(), rate, BETAS, weight_decay=plan.weight_decay, fused=True)
    stream = Stream(batches, plan.device)

    def step(number: int, done: float) -> dict[str, float]:
        batch = stream.at(number)
        with autocast(plan.device, plan.bf16):
            value, figures = discriminator_loss(batch)
        descend(other, value, plan.clip)
        # The generator's step needs the discriminator's gradients with respect to its input only.
        discriminator.requires_grad_(False)
        with autocast(plan.device, plan.bf16):
            value, more = generator_loss(batch)
        descend(own, value, plan.clip)
        discriminator.requires_grad_(True)
        if averaged is not None:
            averaged.update_parameters(generator)
        return figures | more

    parts = {"net": generator, "discriminator": discriminator, "optimizer": own, "other": other}
    if averaged is not None:
        parts["averaged"] = averaged
    history = drive(parts, [own, other], step, plan, judged(judge, generator, averaged))
    if averaged is not None:
        generator.load_state_dict(averaged.module.state_dict())
    generator.eval()
    return history


def hinge_real(scores: Sequence[Tensor]) -> Tensor:
    """How far the scores of real material, one tensor a scale, fall short of 1 (Lim and Ye, 2017); a scalar."""
    return torch.stack([(1 - score).clamp(min=0).mean() for score in scores]).mean()


def hinge_made(scores: Sequence[Tensor]) -> Tensor:
    """How far the scores of generated material lie above -1; a scalar."""
    return torch.stack([(1 + score).clamp(min=0).mean() for score in scores]).mean()


def wish(scores: Sequence[Tensor]) -> Tensor:
    """What a generator minimises: the scores of its work with the sign turned; a scalar."""
    return torch.stack([-score.mean() for score in scores]).mean()


def feature_matching(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean difference of a discriminator's layers, one list a scale (Larsen et al., 2016); a scalar.

    Each layer counts relative to its size on real material, or those with large activations would drown the others.
    """
    distances = [
        (a.detach() - b).abs().mean() / a.detach().abs().mean().clamp(min=1e-4)
        for scale, other in zip(real, made, strict=True)
        for a, b in zip(scale, other, strict=True)
    ]
    return torch.stack(distances).mean()
