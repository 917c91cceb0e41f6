"""The training loop that the networks share: AdamW, a cosine learning rate, bf16, a time budget, resumable state.

A script calls `add_arguments` and `settings`, then `fit`. Stopped by Ctrl-C or a time budget it can go on later: the
state lies in ``--work`` and is used again when the plan is the same.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from models.nets.precision import autocast

Batch = tuple[Tensor, ...]
Judge = Callable[[nn.Module], dict[str, float]]
SAVE_EVERY_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """How a network is trained. One step is one batch."""

    name: str
    steps: int
    lr: float = 1e-3
    weight_decay: float = 1e-2
    warmup: float = 0.05
    """Share of the steps over which the learning rate rises."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    bf16: bool = True
    """Multiply in bfloat16 where the processor can; one that only imitates it is slower than in single precision."""
    judge_every: int = 500
    """Steps between two looks at the validation material."""
    average: float = 0.0
    """Decay of the moving average of the weights that is judged and returned (0: none)."""
    seed: int = 0
    device: str = "cpu"
    minutes: float | None = None
    """Wall-clock budget of this run; the learning rate falls to zero by its end, whichever of steps and time comes
    first."""
    work: Path = field(default=Path("var/training"))

    def state_path(self) -> Path:
        words = {k: str(v) for k, v in asdict(self).items() if k not in ("work", "minutes", "device")}
        digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:8]
        return self.work / f"{self.name}-{digest}.pt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every training script has."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the training material")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="stop after so many minutes (the rate falls to zero by then)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="folder of resumable states and caches")


def seed_everything(seed: int) -> np.random.Generator:
    """Seed torch's and NumPy's global generators (libraries draw from them) and give one of our own."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    return np.random.default_rng(seed)


def fit(
    net: nn.Module,
    batches: Callable[[int], Iterator[Batch]],
    loss: Callable[[nn.Module, Batch], Tensor],
    plan: Plan,
    judge: Judge | None = None,
) -> list[dict[str, float]]:
    """Train ``net`` in place and return its history: rows of step, minutes, loss, rate and the judge's figures.

    ``batches(step)`` gives an endless stream that goes on as if ``step`` batches had been drawn (a resumed run must
    not see the first batches twice); ``loss`` gets the network and a batch on the device. With ``plan.average`` the
    averaged weights are judged and left in ``net`` at the end. Interrupted, it saves its state first.
    """
    net.to(plan.device).train()
    averaged = averaged_of(net, plan.average)
    optimizer = torch.optim.AdamW(net.parameters(), plan.lr, weight_decay=plan.weight_decay, fused=True)
    stream = Stream(batches, plan.device)

    def step(number: int, done: float) -> dict[str, float]:
        batch = stream.at(number)
        with autocast(plan.device, plan.bf16):
            value = loss(net, batch)
        descend(optimizer, value, plan.clip)
        if averaged is not None:
            averaged.update_parameters(net)
        return {"loss": value.item()}

    parts = {"net": net, "optimizer": optimizer} | ({"averaged": averaged} if averaged is not None else {})
    history = drive(parts, [optimizer], step, plan, judged(judge, net, averaged))
    if averaged is not None:
        net.load_state_dict(averaged.module.state_dict())
    net.eval()
    return history


class Stream:
    """The batches of a run, on its device: opened at the step with which the run begins or goes on."""

    def __init__(self, batches: Callable[[int], Iterator[Batch]], device: str) -> None:
        self.batches, self.device = batches, device
        self._open: Iterator[Batch] | None = None

    def at(self, step: int) -> Batch:
        """The next batch; the first call says which one that is."""
        if self._open is None:
            self._open = self.batches(step)
        return tuple(part.to(self.device, non_blocking=True) for part in next(self._open))


def averaged_of(net: nn.Module, decay: float) -> torch.optim.swa_utils.AveragedModel | None:
    """A moving average of the weights of ``net``, or None where ``decay`` is zero."""
    if not decay:
        return None
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    return torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=average, use_buffers=True)


def descend(optimizer: torch.optim.Optimizer, value: Tensor, clip: float) -> None:
    """One step down the gradient of ``value``, its norm clipped."""
    optimizer.zero_grad(set_to_none=True)
    value.backward()
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], clip)
    optimizer.step()


def judged(
    judge: Judge | None, net: nn.Module, averaged: torch.optim.swa_utils.AveragedModel | None
) -> Callable[[], dict[str, float]]:
    """The judge's figures for the averaged weights, or for the weights as they are."""

    def figures() -> dict[str, float]:
        if judge is None:
            return {}
        subject = averaged.module if averaged is not None else net
        subject.eval()
        with torch.inference_mode():
            row = judge(subject)
        subject.train()
        return row

    return figures


def drive(
    parts: dict[str, Any],
    optimizers: list[torch.optim.Optimizer],
    step: Callable[[int, float], dict[str, float]],
    plan: Plan,
    judge: Callable[[], dict[str, float]],
) -> list[dict[str, float]]:
    """Call ``step(number, share done)`` until steps or minutes are over; the rates rise and fall with the share.

    ``parts`` are what a resumed run needs (anything with a ``state_dict``). Returns the history: rows of step, minutes,
    the means of the figures that the steps gave, and the judge's.
    """
    run = _State(parts, plan)
    run.resume()
    full = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    if run.step:  # the rates that were loaded are those of the middle of the run
        full = run.rates
    run.rates = full
    begun = saved = time.monotonic()
    before = run.minutes
    bar = tqdm(total=plan.steps, initial=run.step, desc=plan.name, mininterval=5.0, dynamic_ncols=True)
    recent: list[dict[str, float]] = []
    try:
        while run.step < plan.steps:
            spent = (time.monotonic() - begun) / 60
            done = max(run.step / plan.steps, spent / plan.minutes if plan.minutes else 0.0)
            if done >= 1:
                break
            for optimizer, rates in zip(optimizers, full, strict=True):
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * _rate(done, plan.warmup)
            recent.append(step(run.step, done))
            run.step += 1
            run.minutes = before + (time.monotonic() - begun) / 60
            bar.update()
            if run.step % plan.judge_every == 0:
                run.history.append(_row(run, recent, judge))
                bar.set_postfix({k: f"{v:.3g}" for k, v in run.history[-1].items() if k != "step"})
                recent = []
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                run.save()
                saved = time.monotonic()
    finally:
        bar.close()
        run.save()
    if recent:
        run.history.append(_row(run, recent, judge))
    return run.history


def counted_on(before: list[dict[str, float]], more: list[dict[str, float]]) -> list[dict[str, float]]:
    """The history of a training that ran twice, steps and minutes counted on."""
    done = {name: before[-1][name] if before else 0 for name in ("step", "minutes")}
    return before + [row | {name: row[name] + done[name] for name in done} for row in more]


def _rate(done: float, warmup: float) -> float:
    """Share of the full learning rate when ``done`` of the training is: a straight rise, then half a cosine."""
    if done < warmup:
        return (done + 1e-3) / warmup
    return 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


def _row(run: _State, recent: list[dict[str, float]], judge: Callable[[], dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for figures in recent for name in figures)
    means = {name: float(np.mean([figures[name] for figures in recent if name in figures])) for name in names}
    return {"step": run.step, "minutes": round(run.minutes, 2)} | means | judge()


@dataclass
class _State:
    """What a resumed run needs."""

    parts: dict[str, Any]
    plan: Plan
    step: int = 0
    minutes: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    rates: list[list[float]] = field(default_factory=list)

    def save(self) -> None:
        path = self.plan.state_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"step": self.step, "minutes": self.minutes, "history": self.history, "rates": self.rates}
        scratch = path.with_suffix(".new")
        torch.save(state, scratch)
        scratch.replace(path)  # at once: a run killed while it saves keeps the state before

    def resume(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            state = torch.load(self.plan.state_path(), map_location=self.plan.device, weights_only=True)
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            self.step, self.minutes, self.history = state["step"], state["minutes"], state["history"]
            self.rates = state["rates"]
            tqdm.write(f"{self.plan.name}: going on at step {self.step}")
