"""Request bodies can be checked against an OpenAPI document."""

import json
from pathlib import Path

import aiohttp

from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.payloads import GENERAL

ROUTE = "/channels/{channel_id}/messages"
DOCUMENT = {
    "paths": {
        ROUTE: {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/MessageCreateRequest"}
                        }
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "SnowflakeType": {"type": "string"},
            "MessageCreateRequest": {
                "type": "object",
                "properties": {
                    "content": {"type": ["string", "null"], "maxLength": 4000},
                    "sticker": {"$ref": "#/components/schemas/SnowflakeType"},
                },
            },
        }
    },
}


async def test_a_body_that_does_not_fit_the_document_is_refused(tmp_path: Path) -> None:
    """The document rules, with a bot's 2000 characters and with snowflakes as integers."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DOCUMENT))
    answers = []
    async with FakeDiscord(path) as fake, aiohttp.ClientSession() as http:
        url = f"{fake.api_base}/channels/{GENERAL}/messages"
        headers = {"Authorization": f"Bot {fake.token}"}
        for body in (
            {"content": "x", "sticker": 1},
            {"content": "x" * 2000},
            {"content": "x", "sticker": []},
            {"content": "x" * 2001},
        ):
            async with http.post(url, json=body, headers=headers) as response:
                answers.append(response.status)
        assert answers == [200, 200, 400, 400]
        assert [list(refused.errors) for refused in fake.refused] == [["sticker"], ["content"]]
