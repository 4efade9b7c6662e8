"""Our verdicts beside those of Shopify's Node library (@shopify/shopify-api), on the requests of tests/shopify.

Where Node is missing, or the library cannot be fetched, the summary of the run says so; in CI (``CI`` is set) that is
a failure. Every name that is ever judged differently stands in a table here, with the reason.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from serializer_app.shopify.signatures import verify_webhook
from tests.conftest import API_KEY
from tests.shopify import test_differential as requests_made
from tests.shopify import test_differential_tokens as tokens_made
from tests.shopify.conftest import SHOP

HERE = Path(__file__).parent
ROUNDS = 60

# The library knows one client secret, so whatever the old one signed is refused there.
ROTATION = "old secret"
STRICTER: dict[str, dict[str, str]] = {
    "webhook": {},
    "proxy": {
        **{f"{name} missing": "contract §3: all five, or 401"
           for name in ("shop", "path_prefix", "logged_in_customer_id")},
        **{f"{name} doubled": "exactly one each" for name in ("path_prefix", "logged_in_customer_id")},
        "timestamp no plain number": "Number() takes signs and spaces",
        "timestamp no number": "Number() takes 1e9 and 0x1, though such a time is out of reach",
        "shop malformed": "they do not look at the shop domain",
        "customer malformed": "they hand on any text as the customer",
        "customer hidden in a parameter": "a second reading of the signed text; they accept the forged customer",
        "shop hidden in a parameter": "a second reading of the signed text; they accept the forged shop",
        "reserved name inside a value": "the honest half of such a forgery",
    },
    "callback": {
        "plain, state missing": "they leave the state to the caller",
        "plain, code missing": "they leave the code to the caller",
        "plain, doubled": "Object.fromEntries keeps the last one",
        "plain, shop of another kind": "they take further domains and trailing slashes",
    },
    "token": {
        **{f"{name} missing": "they check signature, times and audience only"
           for name in ("exp", "nbf", "iat", "iss", "dest", "sub", "jti", "sid")},
        **{f"{name} of the wrong type": "the same" for name in ("iss", "dest", "sub", "jti", "sid")},
        "iss of another shop": "they never look at iss",
        "iss without /admin": "they never look at iss",
        "dest no shop": "they take any host for a shop",
        "dest not https": "they take any scheme",
        "time with a fraction": "jose takes any number",
        "issued in the future": "jose looks at iat only where a maximum age is asked for",
        "oversized": "more than 8 kB",
        "not ASCII": "jose passes over what is no base 64",
        "time as text": "jose looks at iat only where a maximum age is asked for",
    },
}  # fmt: skip
WIDER: dict[str, dict[str, str]] = {
    "webhook": {
        ROTATION: "one secret",
        "empty body": "they want a body; an empty one that Shopify signed is refused one step later, as no JSON",
    },
    "proxy": {
        ROTATION: "one secret",
        "repeated key": "localeCompare orders some keys unlike Shopify does",
        "honest": "localeCompare orders some keys unlike Shopify does",
        "broken escapes": "localeCompare, and URLSearchParams reads some broken escapes in its own way",
        "blank pieces": "localeCompare",
        "name without a value": "localeCompare",
        "sorted as Shopify's page has it": "localeCompare",
        "sorted as the package has it": "localeCompare",
    },
    "callback": {
        "honest": "they allow 90 seconds, we five minutes, and they escape the padding of a host otherwise",
        "array": "they know no arrays",
        "delimiters inside": "they escape otherwise than Shopify's page says",
        "delimiters inside a name": "the same",
    },
    "token": {ROTATION: "one secret"},
}


def _not_available(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}: the verdicts of Shopify's Node library were not compared")
    pytest.skip(f"NOT COMPARED with Shopify's Node library: {reason}")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pinned library installed, fetched once per run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _not_available("node or npm is not on this machine")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "judge.mjs"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        _not_available("npm ci did not end within three minutes")
    if done.returncode:
        _not_available(f"npm ci failed: {done.stderr.strip()[-300:]}")
    return folder


def plain_callbacks(rng: random.Random) -> Iterator[tuple[str, tokens_made.Pairs]]:
    """Callbacks of letters and digits and of this minute: what both libraries read in the same way."""

    def made(secret: str = tokens_made.NEW, **changes: str | None) -> tokens_made.Pairs:
        fresh = str(int(time.time()) - rng.randint(0, 20))
        values = {"host": "YWRtaW4uc2hvcGlmeS5jb20", "timestamp": fresh, **changes}
        return tokens_made.signed(tokens_made.callback(rng, **values), secret)

    good = made()
    yield "plain", good
    yield "plain, wrong secret", made(tokens_made.WRONG)
    yield "plain, added to", [*good, ("extra", "1")]
    name = rng.choice(["code", "shop", "state", "host", "timestamp"])
    yield "plain, changed", [(key, value + "1" if key == name else value) for key, value in good]
    yield "plain, shortened", [pair for pair in good if pair[0] != name]
    yield "plain, state missing", made(state=None)
    yield "plain, code missing", made(code=None)
    yield "plain, doubled", [("shop", "victim.myshopify.com"), *good]
    yield "plain, hmac emptied", [*good[:-1], ("hmac", "")]
    yield "plain, hmac of another", [*good[:-1], made()[-1]]
    yield "plain, no shop", made(shop=rng.choice(["evil.example", "x", f"{SHOP}.evil.example"]))
    yield (
        "plain, shop of another kind",
        made(shop=rng.choice(["x.shopify.com", "y.shop.dev", f"{SHOP}/"])),
    )
    yield "plain, old", made(timestamp=str(int(time.time()) - 4000))
    yield "plain, from the future", made(timestamp=str(int(time.time()) + 4000))


def cases(door: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """(name, request for the judge, our verdict)."""
    rng = random.Random(door)
    for _ in range(ROUNDS):
        if door == "webhook":
            for name, body, header in requests_made.webhook_cases(rng):
                if header is not None and not header.isprintable():
                    continue  # no such header can come over HTTP
                ours = verify_webhook(body.encode(), header, requests_made.SETTINGS.secrets)
                yield name, {"body": body, "header": header}, ours
        elif door == "proxy":
            for name, query in requests_made.proxy_cases(rng):
                yield name, {"query": query}, requests_made._proxy_is_ours(query)
        elif door == "callback":
            for name, pairs in (*tokens_made.callback_cases(rng), *plain_callbacks(rng)):
                yield name, {"query": urlencode(pairs)}, tokens_made._callback_is_ours(pairs)
        else:
            for name, token in tokens_made.token_cases(rng):
                yield name, {"token": token}, tokens_made._token_is_ours(token)


@pytest.mark.parametrize("door", ["webhook", "proxy", "callback", "token"])
def test_requests_are_judged_as_shopifys_node_library_does(
    library: Path, door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = list(cases(door))
    told = json.dumps({"key": API_KEY, "secret": requests_made.NEW, "version": "2026-10"})
    lines = "".join(json.dumps({"door": door, **request}) + "\n" for _, request, _ in made)
    done = subprocess.run(
        ["node", "judge.mjs", told],
        cwd=library,
        input=lines,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == len(made)
    stricter, wider = Counter[str](), Counter[str]()
    for (name, _, ours), theirs in zip(made, verdicts, strict=True):
        if ours and not theirs:
            wider[name] += 1
        elif theirs and not ours:
            stricter[name] += 1
    accepted = sum(ours for _, _, ours in made)
    with capsys.disabled():
        print(f"\n{door}: {len(made)} tried, {accepted} accepted by us, {sum(stricter.values())} by them alone, "
              f"{sum(wider.values())} by us alone")  # fmt: skip
        for name, count in sorted((stricter + wider).items()):
            print(f"  {count:5} {name}: {({**STRICTER[door], **WIDER[door]}).get(name, 'NOT LISTED')}")
    assert set(stricter) <= set(STRICTER[door])
    assert set(wider) <= set(WIDER[door])


def test_the_requests_prove_something() -> None:
    """Among them are some that we accept and many that we refuse, at every door."""
    for door in ("webhook", "proxy", "callback", "token"):
        verdicts = Counter(ours for _, _, ours in cases(door))
        assert verdicts[True] > ROUNDS / 2, door
        assert verdicts[False] > ROUNDS, door
