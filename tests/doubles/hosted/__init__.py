"""A fake provider of hosted models: real HTTP on loopback, OpenAI's and Anthropic's streams."""

from tests.doubles.hosted.server import FakeProvider, HostedFault, HostedRequest, Rented

__all__ = ["FakeProvider", "HostedFault", "HostedRequest", "Rented"]
