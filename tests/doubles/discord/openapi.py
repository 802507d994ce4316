"""Checks request bodies against Discord's OpenAPI document.

Two corrections: a bot's message has 2000 characters, not the 4000 of paying users, and a
snowflake may be an integer (discord.py sends both; Discord takes both).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # as above
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.doubles.discord.limits import CONTENT, refuse


class OpenApi:
    """The document at a path; validators are compiled when an operation is first used."""

    def __init__(self, path: Path) -> None:
        self._document: Any = json.loads(path.read_text(encoding="utf-8"))
        schemas = self._document["components"]["schemas"]
        schemas["SnowflakeType"]["type"] = ["string", "integer"]
        for name, schema in schemas.items():
            content = schema.get("properties", {}).get("content", {})
            if content.get("maxLength") == 4000 and name.startswith("Message"):
                content["maxLength"] = CONTENT
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Any = Registry().with_resource("urn:discord", resource)
        self._validator = cache(self._compile)

    def check(self, method: str, template: str, body: Any) -> None:
        """Raise ApiError 50035 when a body does not fit its operation."""
        validator = self._validator(method.lower(), template)
        if validator and (error := best_match(validator.iter_errors(body))):
            path = ".".join(map(str, error.absolute_path)) or "body"
            refuse([(path, f"OPENAPI: {error.message[:500]}")])

    def _compile(self, method: str, template: str) -> Any:
        """Compile the validator of an operation's JSON body, or None when it takes none."""
        operation = self._document["paths"].get(template, {}).get(method, {})
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            return None
        path = template.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        pointer = f"#/paths/{path}/{method}/requestBody/content/application~1json/schema"
        return Draft202012Validator({"$ref": f"urn:discord{pointer}"}, registry=self._registry)
