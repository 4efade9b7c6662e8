"""The OpenAPI document arranged for reading: chapters of calls, each with its inputs, answers and an example."""

from __future__ import annotations

import json
import shlex
from urllib.parse import quote, urlencode

from markupsafe import Markup

from serializer_app.text import Json, JsonDict


def chapters(document: JsonDict) -> list[JsonDict]:
    """[{"name", "calls": [{"id", "method", "path", "summary", "text", "inputs", "body", "answers", "curl"}]}]."""
    server = document["servers"][0]["url"]
    found: dict[str, list[JsonDict]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            found[described["tags"][0]].append(_call(server, method.upper(), path, described))
    return [{"name": name, "calls": calls} for name, calls in found.items()]


def schemas(document: JsonDict) -> list[JsonDict]:
    """[{"name", "text", "fields": [{"name", "type", "needed", "text"}]}] of everything that goes in and out."""
    return [
        {
            "name": name,
            "text": schema.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "type": kind(described),
                    "needed": field in schema.get("required", ()),
                    "text": described.get("description", ""),
                }
                for field, described in schema["properties"].items()
            ],
        }
        for name, schema in document["components"]["schemas"].items()
        if "properties" in schema
    ]


def kind(schema: JsonDict) -> str:
    """A schema in a few words: ``string, at most 64 characters``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[choice]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    name = str(schema.get("type", "any"))
    if name == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if name == "string" and "format" in schema:
        return str(schema["format"])
    if name == "string" and "maxLength" in schema:
        return f"string, at most {schema['maxLength']} characters"
    if name == "integer" and "maximum" in schema and schema.get("format") != "int64":
        return f"integer, {schema.get('minimum', 0)} to {schema['maximum']}"
    return "ID" if schema.get("format") == "int64" else name


def code_spans(text: str) -> Markup:
    """Text with `code` in backticks, as HTML."""
    parts = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in parts)


def _call(server: str, method: str, path: str, described: JsonDict) -> JsonDict:
    content: JsonDict = described.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    body = content.get("application/json")
    return {
        "id": described["operationId"],
        "method": method,
        "path": path,
        "summary": described["summary"],
        "text": described["description"].split("\n\n"),
        "inputs": [
            {
                "name": parameter["name"],
                "place": parameter["in"],
                "type": kind(parameter["schema"]),
                "text": parameter.get("description", ""),
            }
            for parameter in described.get("parameters", ())
        ],
        "body": None if body is None else kind(body["schema"]),
        "body_named": body is not None and "$ref" in body["schema"],
        "answers": [_answer(status, answer) for status, answer in described["responses"].items()],
        "curl": _curl(server, method, path, described, media, content.get(media, {}).get("example")),
    }


def _answer(status: str, answer: JsonDict) -> JsonDict:
    content: JsonDict = next(iter(answer.get("content", {}).values()), {})
    example = content.get("example")
    return {
        "status": status,
        "text": answer["description"],
        "type": kind(content["schema"]) if content else "",
        "example": _written(example),
    }


def _written(example: Json) -> str | None:
    """An answer as it comes: a file as its text, anything else as JSON."""
    if example is None or isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)


def _curl(server: str, method: str, path: str, described: JsonDict, media: str, sent: Json) -> str:
    query = {}
    for parameter in described.get("parameters", ()):
        if parameter["in"] == "path" and "example" in parameter:
            path = path.replace("{" + parameter["name"] + "}", quote(str(parameter["example"])))
        elif parameter["in"] == "query" and "example" in parameter:
            query[parameter["name"]] = parameter["example"]
    address = server + path + (f"?{urlencode(query)}" if query else "")
    parts = ["curl", *([] if method == "GET" else ["-X", method]), shlex.quote(address)]
    if described.get("security") != []:
        parts.append('-H "Authorization: Bearer $SERIALIZER_API_KEY"')
    line = " ".join(parts)
    if sent is None:
        return line
    line += f' \\\n  -H "Content-Type: {media}"'
    if isinstance(sent, str):
        return f"{line} --data-binary {shlex.quote(sent)}"
    return f"{line} \\\n  -d {shlex.quote(json.dumps(sent, ensure_ascii=False))}"
