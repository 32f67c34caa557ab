"""`python -m community_metrics.cli`: the console script without an installed script."""

from community_metrics.cli import main

main(prog_name="community-metrics")
