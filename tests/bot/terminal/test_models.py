"""`models` and `doctor --probe` in a pipe: what they say, and their exit codes."""

from pathlib import Path

from tests.bot.terminal.test_terminal import Terminal
from tests.doubles.ollama import FakeModel, FakeOllama

BASE, INSTRUCT = "llama3.2:1b-text-q4_K_M", "llama3.2:1b-instruct-q4_K_M"


async def test_a_pull_tells_each_step_once_and_a_refused_one_ends_with_1(tmp_path: Path) -> None:
    async with FakeOllama(library=[FakeModel(INSTRUCT, size=1_000_000)]) as fake:
        terminal = Terminal(tmp_path / "data", fake.url)
        done = await terminal.run("models", "pull", INSTRUCT)
        assert done.code == 0
        assert f"{INSTRUCT} is installed" in done.out
        steps = ("pulling manifest", "verifying sha256 digest", "success")
        assert [done.err.count(step) for step in steps] == [1, 1, 1]
        assert "free on the disk" in done.err
        refused = await terminal.run("models", "pull", "evil:1b")
        assert (refused.code, refused.out) == (1, "")
        assert "evil:1b is none of them" in refused.err


async def test_the_probe_names_what_differs_and_ends_with_1(tmp_path: Path) -> None:
    wrong = FakeModel(BASE, base=True, parameter_size="8.0B", quantization="Q8_0")
    async with FakeOllama([wrong]) as fake:
        done = await Terminal(tmp_path / "data", fake.url).run("doctor", "--probe")
    assert done.code == 1
    assert (
        f"differs  LLaMA 3 {BASE} (base): the tag says 1b parameters, the model has 8.0B"
        in done.out
    )
    assert (
        "not checkable  Grok: it is reached through its maker's API, which needs a key" in done.out
    )
    assert "1 differs" in done.out
