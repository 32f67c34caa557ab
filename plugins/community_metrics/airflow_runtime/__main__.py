"""`python -m community_metrics.airflow_runtime run|serve|airflow`: what `make run`, `make serve` and `make airflow` call."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from community_metrics.airflow_runtime.configuration import configure
from community_metrics.airflow_runtime.local import airflow_command
from community_metrics.airflow_runtime.main_job import run_main_job
from community_metrics.airflow_runtime.serving import serve
from community_metrics.errors import CommunityMetricsError
from community_metrics.settings import load_settings

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and give the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(options.home)
        if options.action == "run":
            return run_main_job(settings, options.exports, options.port, _say)
        if options.action == "serve":
            return serve(settings, options.port, _say)
        return airflow_command(configure(settings), options.arguments)
    except CommunityMetricsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: Airflow is stopped; the next run goes on from what is recorded", file=sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m community_metrics.airflow_runtime", description=__doc__)
    parser.add_argument("--home", help="home of all state (else COMMUNITY_METRICS_HOME, else ./var)")
    parser.add_argument("--port", type=int, help="port of Airflow's UI (default: 8080, or a free one where that is taken)")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="the main job, to a published release")
    run.add_argument("--exports", type=Path, help="folder <source>/<account>/... of exports to drop into the inbox first")
    actions.add_parser("serve", help="Airflow's UI, scheduler and the dashboard until Ctrl-C")
    airflow = actions.add_parser("airflow", help="Airflow's own command line on this home")
    airflow.add_argument("arguments", nargs="*")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
