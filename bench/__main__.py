"""`python -m bench`: measure everything, show progress, write the page."""

import asyncio
import sys
import time

import click

from bench.analysis import analysis
from bench.gate import gate
from bench.measure import anatomy, cold_starts, streams, warm_calls
from bench.processes import ROOT, build_layers
from bench.report import chart, report, write


@click.command()
@click.option("--quick", is_flag=True, help="Few rounds, and only print: to see whether it works.")
def main(*, quick: bool) -> None:
    """Measure cold starts, warm calls, streams and the gate."""
    began = time.perf_counter()

    def say(line: str) -> None:
        click.echo(f"\r\033[K{line}" if sys.stderr.isatty() else line, err=True, nl=not sys.stderr.isatty())

    async def measure() -> tuple[str, str]:
        starts = await cold_starts(3 if quick else 25, say)
        parts = anatomy(3 if quick else 15, say)
        warm = await warm_calls(100 if quick else 2000, say)
        streamed = await streams(500 if quick else 3000, 3 if quick else 15, say)
        gated = await gate(2 if quick else 20, say)
        analysed = analysis(3 if quick else 15, say)
        return report(starts, parts, warm, streamed=streamed, gate=gated, analysed=analysed), chart(starts)

    say("building the layers ...")
    build_layers()
    page, picture = asyncio.run(measure())
    click.echo(page)
    if not quick:
        write(ROOT / "docs", page, picture)
        click.echo(f"Wrote docs/performance.md and its chart in {time.perf_counter() - began:.0f} s.", err=True)


if __name__ == "__main__":
    main()
