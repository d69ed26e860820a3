"""How many texts the router's classifier scores in a second on one core, and in how much memory."""

import tempfile
from pathlib import Path

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.report import Figure, at_least, at_most
from tests.benchmarks.stores import run

LENGTHS = (("short", "400", 2_000), ("long", "4,000", 200))
MOST_MEMORY = 400


async def measure(bench: Bench) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        bench.step("classifier: making a model of the sample country")
        await run("classifier", "fit", str(file), environment={}, folder=Path(folder))
        bench.step("classifier: scoring")
        found = await run("classifier", "score", str(file), environment={}, folder=Path(folder))
        bench.step("classifier: scikit-learn's vectorizer")
        baseline = await run("classifier", "vectorizer", environment={}, folder=Path(folder))
    figures = [
        Figure(
            name=f"texts of {letters} letters scored, one core",
            value=found[name],
            unit="texts/s",
            baseline=baseline[name],
            against="only turned into features by scikit-learn's own vectorizer",
            target=at_least(wanted),
            note=f"{found[f'{name} with words']:,.0f} with the words that spoke for the best three",
        )
        for name, letters, wanted in LENGTHS
    ]
    memory = Figure(
        name="memory of a process that scores",
        value=found["memory"],
        unit="MB",
        baseline=found["memory"] - found["of the model"],
        against="the same process before it has the model",
        target=at_most(MOST_MEMORY),
    )
    return [*figures, memory]


GROUP = Group(measure, steps=3)
