"""How long the analysis of WordPress code takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tollgate.wordpress.analysis import analyze_file
from tollgate.wordpress.findings import Category

_CORPUS: Final = Path(__file__).resolve().parents[1] / "tests" / "wordpress" / "corpus"
_LINES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Analysed:
    """Seconds for 1,000 lines of PHP, for each kind of analysis."""

    lines: int
    took_s: dict[str, float]


def analysis(rounds: int, say: Callable[[str], None]) -> Analysed:
    """Analyse the safe halves of the tests' corpus, put together to a file of 1,000 lines."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(_CORPUS.glob("*.safe.php"))]
    joined = "<?php\n" + "\n".join(source.removeprefix("<?php") for source in sources)
    source = joined
    while source.count("\n") < _LINES:
        source += joined.removeprefix("<?php")
    lines = source.count("\n")
    took: dict[str, float] = {}
    for category in Category:
        say(f"analysis: {category.value}")
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            analyze_file("plugin.php", source, category)
            times.append(time.perf_counter() - began)
        took[category.value] = median(times) * _LINES / lines
    return Analysed(lines, took)
