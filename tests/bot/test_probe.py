"""The probe: the roster's rows beside what an engine says of the models."""

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.engines.ollama import OllamaEngine
from bot.probe import Probed, Verdict, probe
from knowledge.roster import Build, Grade, Lifecycle, System, read_roster
from knowledge.stage import Stage
from tests.doubles.ollama import FakeModel, FakeOllama

LLAMA = next(system for system in read_roster().systems if system.lifecycle is Lifecycle.LIVE_LOCAL)


def system(tag: str, stage: Stage = Stage.INSTRUCT, provider: str = "ollama") -> System:
    return replace(LLAMA, builds=(Build(stage, provider, tag, Grade.SEEN),))


async def probed(systems: list[System], models: list[FakeModel]) -> list[Probed]:
    async with FakeOllama(models) as ollama:
        engine = OllamaEngine(ollama.url)
        try:
            async with aclosing(probe(systems, engine)) as found:
                return [each async for each in found]
        finally:
            await engine.aclose()


@pytest.mark.parametrize(
    ("tag", "parameters", "quantisation", "base", "verdict"),
    [
        ("a:8b-q4_K_M", "8.0B", "Q4_K_M", False, Verdict.AGREES),
        ("a:0.6b", "751.63M", "Q4_K_M", False, Verdict.AGREES),
        ("a:1b-instruct-fp16", "1.2B", "F16", False, Verdict.AGREES),
        ("a:8x7b-v0.1-q4_K_M", "46.7B", "Q4_K_M", False, Verdict.AGREES),
        ("a:latest", "8.0B", "Q4_K_M", False, Verdict.AGREES),
        ("a:8b-q4_K_M", "70.6B", "Q4_K_M", False, Verdict.DIFFERS),
        ("a:3b-q4_K_M", "1.2B", "Q4_K_M", False, Verdict.DIFFERS),
        ("a:8b-q4_K_M", "8.0B", "Q8_0", False, Verdict.DIFFERS),
        ("a:8b-q4_K_M", "8.0B", "Q4_K_M", True, Verdict.DIFFERS),
    ],
)
async def test_a_build_agrees_in_size_quantisation_and_template_or_does_not(
    tag: str, parameters: str, quantisation: str, base: bool, verdict: Verdict
) -> None:
    """`base` here: the engine has no chat template for what the roster calls instruct."""
    model = FakeModel(tag, parameter_size=parameters, quantization=quantisation, base=base)
    (found,) = await probed([system(tag)], [model])
    assert found.verdict is verdict, found.notes
    assert found.notes


async def test_a_base_build_needs_no_template_and_one_that_has_it_is_noted() -> None:
    bare, chatty = FakeModel("b:1b", parameter_size="1.2B", base=True), FakeModel("c:3b")
    rows = [system("b:1b", Stage.BASE), system("c:3b", Stage.BASE)]
    one, two = await probed(rows, [bare, chatty])
    assert (one.verdict, two.verdict) == (Verdict.AGREES, Verdict.AGREES)
    assert "prompt it raw" in two.notes[-1]
    assert one.notes == ("1.2B", "Q4_K_M")


async def test_what_is_not_installed_remote_or_retired_is_told_and_not_asked_for() -> None:
    rows = [
        system("gone:8b"),
        replace(LLAMA, name="Far", lifecycle=Lifecycle.LIVE_REMOTE),
        replace(LLAMA, name="Old", lifecycle=Lifecycle.RETIRED),
    ]
    absent, far = await probed(rows, [])
    assert absent.verdict is Verdict.ABSENT
    assert (far.system, far.verdict) == ("Far", Verdict.REMOTE)
    assert "needs a key" in far.notes[0]


async def test_every_shipped_live_local_row_is_looked_at() -> None:
    """Each build of each of them is there once, whatever its tag looks like."""
    systems = read_roster().systems
    local = [s for s in systems if s.lifecycle is Lifecycle.LIVE_LOCAL]
    tags = {build.tag for system in local for build in system.builds}
    found = await probed(list(systems), [FakeModel(tag, parameter_size="") for tag in sorted(tags)])
    looked = [(each.system, each.build) for each in found if each.build is not None]
    assert looked == [(system.name, build) for system in local for build in system.builds]
    assert any(each.verdict is Verdict.REMOTE for each in found)
