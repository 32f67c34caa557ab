"""What all commands share: `--home` and `--json` at every level, output, progress, errors and exit codes."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from community_metrics.errors import CommunityMetricsError

if TYPE_CHECKING:
    from community_metrics.settings import Settings

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DEBUG_VARIABLE = "COMMUNITY_METRICS_DEBUG"
_OBSERVED = f"{__name__}.observed"


def common_options(function: Decorated) -> Decorated:
    """Add `--home DIR` and `--json`; the innermost that is given holds, so both may stand before or after the command."""

    def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        options = context.ensure_object(dict)
        if value not in (None, False):
            options[parameter.name] = value

    json_option = click.option(
        "--json", "as_json", is_flag=True, expose_value=False, callback=remember, is_eager=True, help="Print one JSON document."
    )
    home_option = click.option(
        "--home",
        metavar="DIR",
        expose_value=False,
        callback=remember,
        is_eager=True,
        help="Where all state lives (else COMMUNITY_METRICS_HOME, else ./var).",
    )
    return home_option(json_option(function))


class ProjectGroup(click.Group):
    """Turns every error into `what - where - what to do` on standard error and its exit code."""

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run and exit, as click does; wrong usage is told in the project's form."""
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, **{**extra, "standalone_mode": False})
        except click.Abort:
            _tell("aborted", "", "", 1, "--json" in given)
            code = 1
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "community-metrics"
            _tell(error.format_message().rstrip("."), path, f"see `{path} --help`", error.exit_code, "--json" in given)
            code = error.exit_code
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CommunityMetricsError as error:
            _tell(error.what, error.where, error.remedy, error.exit_code, wants_json())
            context.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG_VARIABLE):
                raise
            what = f"unexpected {type(error).__name__}: {error}"
            _tell(what, context.command_path, f"set {DEBUG_VARIABLE}=1 for the traceback and report it", 1, wants_json())
            context.exit(1)


def _tell(what: str, where: str, remedy: str, exit_code: int, as_json: bool) -> None:
    if as_json:
        print_json({"error": {"what": what, "where": where, "remedy": remedy}, "exit_code": exit_code})
    click.echo("error: " + " - ".join(part for part in (what, where, remedy) if part), err=True)


def settings() -> Settings:
    """The settings for this invocation; from here on it is logged and recorded in their home. Raises `SettingsError`."""
    from community_metrics.observability.logs import logging_to
    from community_metrics.observability.runs import triggered_by
    from community_metrics.settings import load_settings

    chosen = load_settings(_options().get("home"))
    context = click.get_current_context()
    if context.meta.setdefault(_OBSERVED, chosen) is chosen:
        invocation = context.find_root()
        invocation.with_resource(logging_to(chosen, terminal=True))
        invocation.with_resource(triggered_by(context.command_path))
    return chosen


def wants_json() -> bool:
    return bool(_options().get("as_json"))


def _options() -> dict[str, Any]:
    context = click.get_current_context(silent=True)
    found = context.obj if context is not None else None
    return found if isinstance(found, dict) else {}


def print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def show(content: Any, lines: Iterable[str]) -> None:
    """Print the result on standard output: `content` as JSON if asked for, else the lines for people."""
    if wants_json():
        print_json(content)
        return
    for line in lines:
        click.echo(line)


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Aligned columns without borders, so that `awk` and people can both read them. NULL is shown as `-`."""
    texts = [["-" if value is None or value == "" else str(value) for value in row] for row in rows]
    widths = [max(len(header), *(len(row[index]) for row in texts)) if texts else len(header) for index, header in enumerate(headers)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [list(headers), *texts]]


def finish(exit_code: int) -> None:
    """End the command with this exit code."""
    click.get_current_context().exit(exit_code)


@contextlib.contextmanager
def progress(title: str) -> Iterator[None]:
    """Show what the pipeline says it is doing while it does it; silent unless standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    logger = logging.getLogger("community_metrics")
    with console.status(title) as status:
        handler = _StatusHandler(status.update)
        level = logger.level
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _StatusHandler(logging.Handler):
    def __init__(self, update: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._update = update

    def emit(self, record: logging.LogRecord) -> None:
        self._update(record.getMessage())
