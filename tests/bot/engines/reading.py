"""Asking an engine once and reading what comes, for the tests of its failures."""

from contextlib import aclosing

from bot.engines.ollama import OllamaModel
from bot.engines.patience import Patience
from bot.errors import EngineError
from bot.model import Delta, Ended, Message, Sampling

TAG = "llama3.2:3b-instruct-q4_K_M"
HELLO = (Message("user", "Hello?"),)
SHORT = Sampling(num_predict=50)
QUICK = Patience(connect=1.0, first_token=0.6, gap=0.3, loading=0.05)


async def ask(model: OllamaModel) -> tuple[str, Ended | EngineError]:
    """Ask once; return the text and how it ended."""
    text = ""
    try:
        async with aclosing(model.chat(HELLO, think=False, sampling=SHORT)) as stream:
            async for event in stream:
                if isinstance(event, Delta):
                    text += event.text
                if isinstance(event, Ended):
                    return text, event
    except EngineError as error:
        return text, error
    raise AssertionError("the stream ended without an end")
