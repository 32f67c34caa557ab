"""The history of releases."""

from __future__ import annotations

import click

from community_metrics.cli.common import common_options


@click.group()
@common_options
def releases() -> None:
    """The published releases: list, show, verify, compare, roll back."""
