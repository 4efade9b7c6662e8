"""Any text at any field of the API: taken and readable, or refused with a reason, on both databases. Never a 500."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from serializer_app.text import clean, clean_code, clean_lines, is_blank
from serializer_app.web.api import examples
from tests.test_text import ANY
from tests.web.api.caller import Caller

FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def taken(answer: Any) -> Any:
    """The body, or None where the text was refused with a reason."""
    assert answer.status_code in (200, 201, 422), answer.text
    if answer.status_code == 422:
        assert answer.json
        return None
    return answer.json


@FEW
@given(ANY)
def test_any_text_of_an_item_is_kept_as_cleaned(api: Caller, item_ids: list[str], text: str) -> None:
    path = f"/items/{item_ids[0]}"
    api.patch(path, {"serialNumber": None, "customFields": {"colour": "-"}})
    filled = taken(api.patch(path, {"customFields": {"colour": text}}))
    assert filled is not None
    assert {"key": "colour", "value": clean_lines(text)} in filled["customFields"]
    numbered = taken(api.patch(path, {"serialNumber": text}))
    assert numbered is None or numbered["serialNumber"] == clean_code(text)
    if numbered is None:
        assert is_blank(text) or not clean_code(text).isprintable()
    assert taken(api.get(path)) == (numbered or filled)
    assert taken(api.get(f"{path}/history"))


@FEW
@given(ANY)
def test_any_text_of_a_setting_is_kept_as_cleaned(api: Caller, text: str) -> None:
    changed = taken(api.put("/settings", {"customFields": [{"name": text, "key": "k"}]}))
    assert (changed is None) is is_blank(text)
    if changed is not None:
        assert changed["customFields"] == [{"name": clean(text), "key": "k"}]
        assert taken(api.get("/settings")) == changed


@FEW
@given(ANY)
def test_any_text_of_the_registry_is_kept_as_cleaned(api: Caller, item_ids: list[str], text: str) -> None:
    api.put(f"/variants/{examples.VARIANT_ID}", {"trackable": True})
    experience = taken(api.get(f"/variants/{examples.VARIANT_ID}"))["experienceId"]
    made = taken(api.post("/serials", [{"serialNumber": text, "experienceId": f"\u200b{experience}\x00"}]))
    if made is not None:
        assert [entry["serialNumber"] for entry in made["created"]] == [clean_code(text)]
    person = {"firstName": text, "lastName": text, "email": "ada@example.com"}
    body = {"serialNumber": item_ids[0], "customer": person, "channel": text}
    registered = taken(api.post("/registrations", body))
    assert (registered is None) is is_blank(text)
    if registered is not None:
        assert registered["customer"]["firstName"] == clean(text)
        api.call("DELETE", "/registrations", json={"serialNumber": item_ids[0]})
