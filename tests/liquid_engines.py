"""The Liquid engines of the tests: Shopify's own (Ruby, from Debian) and the one of the dev store (python-liquid)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import liquid

SCRIPT = Path(__file__).with_name("liquid.rb")


class Engine(Protocol):
    """Renders a template; ``translations`` feeds the ``t`` filter of themes."""

    def render(
        self, source: str, variables: Mapping[str, Any], translations: Mapping[str, Any] | None = None
    ) -> str: ...


class PythonLiquid:
    """The engine of the dev store. It stands in for Shopify's and must print the same."""

    def render(
        self, source: str, variables: Mapping[str, Any], translations: Mapping[str, Any] | None = None
    ) -> str:
        environment = liquid.Environment()

        def translate(key: str) -> Any:
            found: Any = translations or {}
            for part in key.split("."):
                found = found[part]
            return found

        environment.filters["t"] = translate
        return environment.from_string(source).render(**variables)


class ShopifyLiquid:
    """Shopify's engine in one Ruby process. Raises AssertionError for anything that it reports as an error."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            ["ruby", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def render(
        self, source: str, variables: Mapping[str, Any], translations: Mapping[str, Any] | None = None
    ) -> str:
        question = {"source": source, "variables": variables, "translations": translations or {}}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, "the Ruby process has ended; its message stands on stderr"
        answer = json.loads(line)
        assert answer["errors"] == []
        html: str = answer["html"]
        return html

    def close(self) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=10)
