"""`swift-grpo inspect …`. Imports nothing but typer, so that `--help` answers at once."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands import terminal
from swift_grpo.printable import printable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Read a run's completions.jsonl: summary, diagnosis, groups side by side, search, SQL, a page, a live view.",
)
RUN = Annotated[
    Path | None,
    typer.Argument(
        help="A vN folder, an output folder, or a completions.jsonl. Without it: the newest run below ./output."
    ),
]
_PIPED_WIDTH = 140  # columns where no terminal says otherwise
JSON = Annotated[bool, typer.Option("--json", help="For a program to read.")]


@app.command()
def summary(run: RUN = None, as_json: JSON = False) -> None:
    """One screen: rewards, groups without variance, length, KL, entropy over the steps, and how far the log can be trusted."""
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.facts.trust import trust
        from swift_grpo.rollouts.terminal import overview as view

        if as_json:
            _print_json(view.as_json(index, trust(index)))
        else:
            view.print_summary(_console(), index, trust(index))


@app.command()
def diagnose(
    run: RUN = None,
    fail_on: Annotated[
        str, typer.Option(help="Exit code 1 if there is a finding of this severity or worse: warn, critical.")
    ] = "",
    form: Annotated[str, typer.Option("--format", help="text, json or md.")] = "text",
    as_json: JSON = False,
    accuracy: Annotated[
        str,
        typer.Option(
            help="The reward that tells right from wrong. Without it: the one that agrees with our grader, or by name."
        ),
    ] = "",
) -> None:
    """What is wrong with the run, worst first: since when, evidence, threshold, the flag that treats it, rollouts to see."""
    if fail_on not in ("", "warn", "critical"):
        _fail(f"--fail-on {fail_on}: warn or critical")
    form = "json" if as_json else form
    if form not in ("text", "json", "md"):
        _fail(f"--format {form}: text, json or md")
    with _opened(run, quiet=form != "text") as index:
        from swift_grpo.rollouts.diagnosis import SEVERITIES
        from swift_grpo.rollouts.diagnosis import diagnose as examine
        from swift_grpo.rollouts.examined import places_of
        from swift_grpo.rollouts.facts.trust import trust
        from swift_grpo.rollouts.terminal import findings as view
        from swift_grpo.rollouts.terminal.overview import print_banner

        if form == "text":
            print_banner(_console(), index, trust(index))
        found = examine(index, accuracy or None)
        places = places_of(index, found)
        if form == "json":
            _print_json({"trust": trust(index).lines, "findings": view.as_json(found, places)})
        elif form == "md":
            print("\n".join(f"> {line}" for line in trust(index).lines) + "\n\n" + view.markdown(found, places))
        else:
            view.print_findings(_console(), found, places)
    if fail_on and any(SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on) for finding in found):
        raise typer.Exit(1)


@app.command()
def tail(
    run: RUN = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for new steps; Ctrl-C ends.")] = False,
    count: Annotated[int, typer.Option("-n", min=0, help="Steps to begin with.")] = 10,
    sample: Annotated[bool, typer.Option("--sample", help="Also a completion of each step.")] = False,
) -> None:
    """One line a step, live."""
    with _opened(run) as index, contextlib.suppress(KeyboardInterrupt):
        from swift_grpo.rollouts.facts.trust import trust
        from swift_grpo.rollouts.terminal.overview import print_banner
        from swift_grpo.rollouts.terminal.tail import tail as view

        print_banner(_console(), index, trust(index))
        view(_console(), index, count, follow, sample)


@app.command()
def show(
    where: Annotated[str, typer.Argument(metavar="STEP[:GROUP[:I]]", help="Groups and completions count from 0.")],
    run: RUN = None,
    thought: Annotated[bool, typer.Option("--thought", help="Unfold thoughts and the system prompt.")] = False,
    as_json: JSON = False,
) -> None:
    """A step's groups, a group side by side with answers and gold marked, or one completion."""
    where, run = _in_order(where, run, lambda one: one[:1].isdigit())
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.terminal import show as view

        if as_json:
            _print_json(view.as_json(index, where))
        else:
            _banner(index)
            view.show(_console(), index, where, thought)


@app.command()
def grep(
    pattern: Annotated[str, typer.Argument(metavar="REGEX", help="Of Python's re, on the completions' text.")],
    run: RUN = None,
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case")] = False,
    count_only: Annotated[bool, typer.Option("-c", "--count", help="Print how many completions match.")] = False,
    most: Annotated[int, typer.Option("-m", min=1, help="Stop after so many.")] = 100,
    as_json: JSON = False,
) -> None:
    """Completions whose text matches: where they are, their reward, and the text around."""
    with _opened(run, quiet=as_json or count_only) as index:
        import re

        from swift_grpo.rollouts.facts import search
        from swift_grpo.rollouts.terminal import found

        re.compile(pattern)
        if count_only:
            print(search.count_matches(index, pattern, ignore_case))
            return
        rows = search.first_matches(index, pattern, ignore_case, most)
        if as_json:
            _print_json(list(rows))
            return
        _banner(index)
        found.print_matches(_console(), index, rows, most)


@app.command("filter")
def filter_(
    expression: Annotated[
        str, typer.Argument(metavar="EXPR", help="e.g. 'reward > 1 and length < 200 and MathAccuracy = 0'")
    ],
    run: RUN = None,
    most: Annotated[int, typer.Option("-m", min=1, help="Show so many.")] = 30,
    as_json: JSON = False,
) -> None:
    """Completions by an SQL expression over reward, advantage, length, step, solved, and each reward class by its name."""
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.terminal import found

        rows, total = found.filtered(index, expression, most)
        if as_json:
            _print_json(rows)
            return
        _banner(index)
        found.print_filtered(_console(), index, rows, total)


@app.command()
def prompts(
    run: RUN = None,
    sort: Annotated[str, typer.Option(help="worst, best, change or often.")] = "worst",
    count: Annotated[int, typer.Option("-n", min=1)] = 30,
    as_json: JSON = False,
) -> None:
    """Each prompt's solve rate over its visits."""
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.facts.histories import histories
        from swift_grpo.rollouts.terminal import solve_rates as view

        rows = histories(index, sort, count)
        if as_json:
            _print_json(rows)
        else:
            _banner(index)
            view.print_prompts(_console(), rows)


@app.command()
def diff(
    run_a: Annotated[Path, typer.Argument(help="The first run.")],
    run_b: Annotated[Path, typer.Argument(help="The second run.")],
    last: Annotated[int | None, typer.Option(min=1, help="Only the last so many steps of each.")] = None,
    count: Annotated[int, typer.Option("-n", min=2, help="Prompts to show.")] = 20,
    as_json: JSON = False,
) -> None:
    """Two runs on the prompts they share: the change of the solve rate, with its 95% interval."""
    with _opened(run_a, quiet=as_json) as one, _opened(run_b, quiet=as_json) as other:
        from swift_grpo.rollouts.facts.compare import compare
        from swift_grpo.rollouts.terminal.compared import print_comparison

        found = compare(one, other, last)
        if as_json:
            _print_json(found.as_json())
        else:
            _banner(one)
            _banner(other)
            print_comparison(_console(), one, found, count)


@app.command()
def export(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="parquet, csv or jsonl.")],
    run: RUN = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: rollouts.FORMAT.")] = None,
    text: Annotated[bool, typer.Option("--text", help="With prompt, completion, solution and answer.")] = False,
) -> None:
    """Write the rollouts as one table, one row a completion; duplicates are left out."""
    form, run = _in_order(form, run, lambda one: one in ("parquet", "csv", "jsonl"))
    with _opened(run, quiet=True) as index:
        from swift_grpo.rollouts.terminal.export import export as write

        target = output or Path(f"rollouts.{form}")
        print(f"{write(index, form, target, text):,} rollouts in {target}")


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT over rollouts, counted, train, groups, steps (DuckDB's SQL).")
    ],
    run: RUN = None,
    most: Annotated[int, typer.Option("-m", min=1, help="Show so many rows.")] = 200,
    as_json: JSON = False,
) -> None:
    """Query the index. It can read the index alone: no files, no network, nothing is written.

    Example: swift-grpo inspect sql "SELECT step, avg(chars) FROM train GROUP BY step ORDER BY step"
    """
    with _opened(run, quiet=True) as index:
        from swift_grpo.rollouts.terminal import found

        names, rows, more = found.selected(index, query, most)
        if as_json:
            _print_json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            found.print_selected(_console(), names, rows)
        if more:
            print(f"the first {most} rows; -m for more", file=sys.stderr)


@app.command()
def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN]...", help="As RUN elsewhere; the curves of further runs are laid over the first's."
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML file.")] = Path("report.html"),
) -> None:
    """Write one HTML page that opens from disk, without a network: findings, curves, prompts, a sample of groups."""
    with contextlib.ExitStack() as stack:
        first, *others = [stack.enter_context(_opened(run, quiet=True)) for run in runs or (None,)]
        from swift_grpo.rollouts.page.report_page import report as build

        size = output.write_bytes(build(first, others).encode())
        print(f"{printable(str(output))} ({size / 1e6:.1f} MB)")


@app.command()
def serve(
    run: RUN = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: one that is free.")] = 0,
) -> None:
    """The same page on the whole log, live, on 127.0.0.1 for whoever has the address with its token. Ctrl-C ends it."""
    with _opened(run) as index:
        from swift_grpo.rollouts.page.serve import serve as run_server

        run_server(index, port)


@app.command()
def tui(run: RUN = None) -> None:
    """Plot, groups and texts on the whole terminal, by keyboard; ? shows the keys."""
    with _opened(run) as index:
        from swift_grpo.rollouts.tui.app import Inspector

        Inspector(index).run()


def _in_order(first: str, run: Path | None, fits: Callable[[str], bool]) -> tuple[str, Path | None]:
    """What comes first, and the run: `show RUN 1:0` is meant as `show 1:0 RUN`. Ends where a run alone was given."""
    if fits(first) or not Path(first).exists():
        return first, run
    if run is None or not fits(str(run)):
        _fail(f"{first} is a run; say what comes before it, see --help")
    return str(run), Path(first)


@contextlib.contextmanager
def _opened(run: Path | None, quiet: bool = False) -> Iterator:
    """The run's index. The run's name comes first, before anything slow; what the user got wrong ends in one line."""
    import os
    import re

    from swift_grpo.formats.run_files import find_run

    try:
        found = find_run(run)
        if not quiet:
            print(printable(str(found.root)), flush=True)
        from swift_grpo.rollouts.index import Index

        with Index(found, _progress if sys.stderr.isatty() else None) as index:
            index.need_rows()
            yield index
    except BrokenPipeError:  # `inspect … | head` has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except (OSError, ValueError, re.error) as error:
        _fail(terminal.line(error))
    except Exception as error:
        if "duckdb" not in sys.modules or not isinstance(error, sys.modules["duckdb"].Error):
            raise
        _fail(str(error).split("\n\n")[0])


def _progress(done: int, total: int) -> None:
    if total > 64 << 20:
        end = "\n" if done >= total else ""
        print(f"\rindexing {done / total:4.0%} of {total / 1e9:.1f} GB", end=end, file=sys.stderr, flush=True)


def _banner(index) -> None:
    from swift_grpo.rollouts.facts.trust import trust
    from swift_grpo.rollouts.terminal.overview import print_banner

    print_banner(_console(), index, trust(index))


def _console():
    import os

    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _PIPED_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


def _print_json(value: object) -> None:
    import orjson

    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    sys.stdout.write(orjson.dumps(value, default=str, option=options).decode() + "\n")


def _fail(message: str) -> None:
    print(f"swift-grpo: {printable(' '.join(message.split()))}", file=sys.stderr)
    raise typer.Exit(2)
