"""A fake Ollama: real HTTP on loopback, scripted models, faults on request."""

from tests.doubles.ollama.request import FakeRequest
from tests.doubles.ollama.script import FakeModel, Fault
from tests.doubles.ollama.server import FakeOllama

__all__ = ["FakeModel", "FakeOllama", "FakeRequest", "Fault"]
