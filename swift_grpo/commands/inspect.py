"""`swift-grpo inspect …`. Imports nothing but typer, so that `--help` answers at once."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swift_grpo.commands.terminal import FORM, JSON, console, group, print_json
from swift_grpo.printable import printable

if TYPE_CHECKING:
    from swift_grpo.rollouts.index import Index

JOBS = {
    "The run": "summary diagnose tail diff",
    "Its completions": "show grep filter prompts sql export",
    "Pages and viewers": "report serve tui",
}
app = group("Inspect a run's rollouts (completions.jsonl).", jobs=JOBS)
RUN = Annotated[
    Path | None,
    typer.Argument(
        help="A vN folder, an output folder, or a completions.jsonl. Default: the newest run below ./output."
    ),
]


@app.command()
def summary(run: RUN = None, as_json: JSON = False) -> None:
    """Summarize the run, and say how far to trust its log.

    Shows rewards, groups without variance, length, KL and entropy.
    """
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.facts.trust import trust
        from swift_grpo.rollouts.terminal import overview as view

        if as_json:
            print_json(view.as_json(index, trust(index)))
        else:
            view.print_summary(console(), index, trust(index))


@app.command()
def diagnose(
    run: RUN = None,
    fail_on: Annotated[str, typer.Option(help="Exit with 1 for a finding this bad: warn, critical.")] = "",
    form: FORM = "text",
    as_json: JSON = False,
    accuracy: Annotated[
        str, typer.Option(help="The reward that tells right from wrong. Default: found by the grader, or by name.")
    ] = "",
) -> None:
    """List what is wrong with the run, worst first.

    Each finding has its first step, evidence, threshold, the flag that fixes it, and rollouts to look at.
    """
    if fail_on not in ("", "warn", "critical"):
        raise ValueError(f"--fail-on {fail_on}: warn or critical")
    form = "json" if as_json else form
    if form not in ("text", "json", "md"):
        raise ValueError(f"--format {form}: text, json or md")
    with _opened(run, quiet=form != "text") as index:
        from swift_grpo.rollouts.diagnosis import SEVERITIES
        from swift_grpo.rollouts.diagnosis import diagnose as examine
        from swift_grpo.rollouts.diagnosis_summary import places_of
        from swift_grpo.rollouts.facts.trust import trust
        from swift_grpo.rollouts.terminal import findings as view

        if form == "text":
            _banner(index)
        found = examine(index, accuracy or None)
        places = places_of(index, found)
        if form == "json":
            print_json({"trust": trust(index).lines, "findings": view.as_json(found, places)})
        elif form == "md":
            print("\n".join(f"> {line}" for line in trust(index).lines) + "\n\n" + view.markdown(found, places))
        else:
            view.print_findings(console(), found, places)
    if fail_on and any(SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on) for finding in found):
        raise typer.Exit(1)


@app.command()
def tail(
    run: RUN = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for new steps until Ctrl-C.")] = False,
    count: Annotated[int, typer.Option("-n", min=0, help="Past steps to print first.")] = 10,
    sample: Annotated[bool, typer.Option("--sample", help="Also print a completion of each step.")] = False,
) -> None:
    """Print one line per step, live with --follow."""
    with _opened(run) as index, contextlib.suppress(KeyboardInterrupt):
        from swift_grpo.rollouts.terminal.tail import tail as view

        _banner(index)
        view(console(), index, count, follow, sample)


@app.command()
def show(
    where: Annotated[str, typer.Argument(metavar="STEP[:GROUP[:I]]", help="Groups and completions count from 0.")],
    run: RUN = None,
    thought: Annotated[
        bool, typer.Option("--thought", help="Unfold thoughts, tool calls and the system prompt.")
    ] = False,
    as_json: JSON = False,
) -> None:
    """Show a step's groups, one group, or one completion.

    Answers and golds are marked.

    Examples:
      swift-grpo inspect show 40
      swift-grpo inspect show 40:0:3 output/train_single_gpu --thought
    """
    where, run = _in_order(where, run, lambda one: one[:1].isdigit())
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.terminal import group_view as view

        if as_json:
            print_json(view.as_json(index, where))
        else:
            _banner(index)
            view.show(console(), index, where, thought)


@app.command()
def grep(
    pattern: Annotated[str, typer.Argument(metavar="REGEX", help="A regular expression of Python.")],
    run: RUN = None,
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="Ignore case.")] = False,
    count_only: Annotated[bool, typer.Option("-c", "--count", help="Print how many completions match.")] = False,
    most: Annotated[int, typer.Option("-m", min=1, help="Stop after this many.")] = 100,
    as_json: JSON = False,
) -> None:
    """Find completions by text.

    Prints the place, the reward and the text around each match. Looks into tool calls, results and errors, too.

    Examples:
      swift-grpo inspect grep -i 'wait, (let me|i should)'
      swift-grpo inspect grep 'error: over the time limit'
    """
    with _opened(run, quiet=as_json or count_only) as index:
        import re

        from swift_grpo.rollouts.facts import search
        from swift_grpo.rollouts.terminal import search_results

        re.compile(pattern)
        if count_only:
            print(search.count_matches(index, pattern, ignore_case))
            return
        rows = search.first_matches(index, pattern, ignore_case, most)
        if as_json:
            print_json(list(rows))
            return
        _banner(index)
        search_results.print_matches(console(), index, rows, most)


@app.command("filter")
def filter_(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="A condition in DuckDB's SQL.")],
    run: RUN = None,
    most: Annotated[int, typer.Option("-m", min=1, help="Show at most this many.")] = 30,
    as_json: JSON = False,
) -> None:
    """Find completions by an SQL expression.

    Its columns are reward, advantage, length, step, solved, and each reward class by its name.

    Example:
      swift-grpo inspect filter 'reward > 1 and length < 200 and MathAccuracy = 0'
    """
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.terminal import search_results

        rows, total = search_results.filtered(index, expression, most)
        if as_json:
            print_json(rows)
            return
        _banner(index)
        search_results.print_filtered(console(), index, rows, total)


@app.command()
def prompts(
    run: RUN = None,
    sort: Annotated[str, typer.Option(metavar="worst|best|change|often", help="Which prompts come first.")] = "worst",
    count: Annotated[int, typer.Option("-n", min=1, help="Prompts to show.")] = 30,
    as_json: JSON = False,
) -> None:
    """Show each prompt's solve rate over its visits."""
    with _opened(run, quiet=as_json) as index:
        from swift_grpo.rollouts.facts.histories import histories
        from swift_grpo.rollouts.terminal import solve_rates as view

        rows = histories(index, sort, count)
        if as_json:
            print_json(rows)
        else:
            _banner(index)
            view.print_prompts(console(), rows)


@app.command()
def diff(
    run_a: Annotated[Path, typer.Argument(help="The first run.")],
    run_b: Annotated[Path, typer.Argument(help="The second run.")],
    last: Annotated[int | None, typer.Option(min=1, help="Only the last N steps of each run.")] = None,
    count: Annotated[int, typer.Option("-n", min=2, help="Prompts to show.")] = 20,
    as_json: JSON = False,
) -> None:
    """Compare two runs on the prompts they share."""
    with _opened(run_a, quiet=as_json) as one, _opened(run_b, quiet=as_json) as other:
        from swift_grpo.rollouts.facts.compare import compare
        from swift_grpo.rollouts.terminal.comparison import print_comparison

        found = compare(one, other, last)
        if as_json:
            print_json(found.as_json())
        else:
            _banner(one)
            _banner(other)
            print_comparison(console(), one, found, count)


@app.command()
def export(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="parquet, csv or jsonl.")],
    run: RUN = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file. Default: rollouts.FORMAT.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Include prompt, completion, solution and answer.")] = False,
) -> None:
    """Write the rollouts as one table, one row per completion.

    Duplicates are left out.
    """
    form, run = _in_order(form, run, lambda one: one in ("parquet", "csv", "jsonl"))
    with _opened(run, quiet=True) as index:
        from swift_grpo.rollouts.terminal.export import export as write

        target = output or Path(f"rollouts.{form}")
        print(f"{write(index, form, target, text):,} rollouts in {target}")


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT over rollouts, counted, train, groups, steps, in DuckDB's SQL.")
    ],
    run: RUN = None,
    most: Annotated[int, typer.Option("-m", min=1, help="Show at most this many rows.")] = 200,
    as_json: JSON = False,
) -> None:
    """Query the run's index with one SELECT.

    The query can read only the index: no files, no network, no writes.

    Example:
      swift-grpo inspect sql "SELECT step, avg(chars) FROM train GROUP BY step"
    """
    with _opened(run, quiet=True) as index:
        from swift_grpo.rollouts.terminal import search_results

        names, rows, more = search_results.selected(index, query, most)
        if as_json:
            print_json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            search_results.print_selected(console(), names, rows)
        if more:
            print(f"the first {most} rows; -m for more", file=sys.stderr)


@app.command()
def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN", help="As elsewhere; the curves of further runs are drawn over the first."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML file.")] = Path("report.html"),
) -> None:
    """Write one HTML page that opens from disk, without a network.

    It has findings, curves, prompts and a sample of groups.
    """
    with contextlib.ExitStack() as stack:
        first, *others = [stack.enter_context(_opened(run, quiet=True)) for run in runs or (None,)]
        from swift_grpo.rollouts.page.report_page import report as build

        size = output.write_bytes(build(first, others).encode())
        print(f"{printable(str(output))} ({size / 1e6:.1f} MB)")


@app.command()
def serve(
    run: RUN = None, port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 0
) -> None:
    """Serve that page live, for the whole log, on 127.0.0.1.

    The address contains a token, and only requests with it are answered. Ctrl-C ends it.
    """
    with _opened(run) as index:
        from swift_grpo.rollouts.page.serve import serve as run_server

        run_server(index, port)


@app.command()
def tui(run: RUN = None) -> None:
    """Browse curves, groups and texts by keyboard; ? lists the keys."""
    with _opened(run) as index:
        from swift_grpo.rollouts.tui.app import Inspector

        Inspector(index).run()


def _in_order(first: str, run: Path | None, fits: Callable[[str], bool]) -> tuple[str, Path | None]:
    """The first argument and the run: `show RUN 1:0` means `show 1:0 RUN`. Raises ValueError for a run alone."""
    if fits(first) or not Path(first).exists():
        return first, run
    if run is None or not fits(str(run)):
        raise ValueError(f"{first} is a run; an argument must come before it, see --help")
    return str(run), Path(first)


@contextlib.contextmanager
def _opened(run: Path | None, quiet: bool = False) -> "Iterator[Index]":
    """The run's index. Prints the run's name first, before anything slow."""
    from swift_grpo.formats.run_files import find_run

    found = find_run(run)
    if not quiet:
        print(printable(str(found.root)), flush=True)
    from swift_grpo.rollouts.index import Index

    with Index(found, _progress if sys.stderr.isatty() else None) as index:
        index.need_rows()
        yield index


def _progress(done: int, total: int) -> None:
    if total > 64 << 20:
        end = "\n" if done >= total else ""
        print(f"\rindexing {done / total:4.0%} of {total / 1e9:.1f} GB", end=end, file=sys.stderr, flush=True)


def _banner(index: "Index") -> None:
    from swift_grpo.rollouts.facts.trust import trust
    from swift_grpo.rollouts.terminal.overview import print_banner

    print_banner(console(), index, trust(index))
