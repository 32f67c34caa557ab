"""The invented team whose exports are bundled: a tea brand with a mini-program, WeCom groups, a Discord and a Slack.

Everything follows from `SEED`: no clock, no network, no dependence on dictionary or file order.
"""

from __future__ import annotations

import random

SEED = "lantern-tea-2026"


def stream(name: str) -> random.Random:
    """A random stream of its own for each subject, so that a change of one leaves the others as they were."""
    return random.Random(f"{SEED}:{name}")
