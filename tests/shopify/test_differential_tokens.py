"""Our verdicts on id tokens beside those of ``shopifyapp``, on OAuth callbacks beside those of ``ShopifyAPI``.

As in test_differential: what stands in a table must be judged differently every time, everything else alike.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import shopify
from shopify_app import ShopifyApp

from serializer_app.shopify import id_tokens
from serializer_app.shopify.signatures import InvalidSignature, verify_oauth_callback
from tests.conftest import API_KEY
from tests.shopify.conftest import SHOP, make_settings
from tests.shopify.verdicts import Tally

NEW = "shpss_0123456789abcdef0123456789abcdef"
OLD = "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"
WRONG = "shpss_00000000000000000000000000000000"
SETTINGS = make_settings(SHOPIFY_API_SECRET=NEW, SHOPIFY_OLD_API_SECRET=OLD)
OFFICIAL = ShopifyApp(API_KEY, NEW, OLD)
ROUNDS = 100

STRICTER_ID_TOKEN = {
    **{
        f"{name} missing": "they check only what is there"
        for name in ("exp", "nbf", "iat", "iss", "jti", "sid", "sub")
    },
    "dest missing": "they answer with an empty shop",
    "iss of another shop": "they never look at iss",
    "iss without /admin": "they never look at iss",
    "iss of the wrong type": "they never look at iss",
    "dest no shop": "they take any host for a shop",
    "dest not https": "they take any scheme",
    "dest of the wrong type": "they raise AttributeError, or take it for the shop",
    "time as text": "they read it with int()",
    "time with a fraction": "they read it with int()",
    "sid of the wrong type": "they never look at sid",
    "oversized": "more than 8 kB",
}
STRICTER_OAUTH = {
    "hours old": "they allow a day, we five minutes",
    "from the future": "they allow any",
    "shop malformed": "they leave the shop to Session(), which rewrites it",
    "state missing": "they leave the state to the caller",
    "code missing": "they leave the code to the caller",
    "timestamp no number": "they raise ValueError",
    "parameter doubled": "their dictionary keeps one of the two",
}


# --- id tokens

HEADER = {"alg": "HS256", "typ": "JWT"}


def segment(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def made(claims: Any, secret: str = NEW, header: Any = HEADER, digest: str = "sha256") -> str:
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(hmac.digest(secret.encode(), text.encode(), digest))}"


def claims_of(rng: random.Random, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": API_KEY,
        "sub": str(rng.getrandbits(40)),
        "exp": now + rng.randint(2, 60),
        "nbf": now - rng.randint(0, 50),
        "iat": now - rng.randint(0, 50),
        "jti": f"{rng.getrandbits(128):x}",
        "sid": f"{rng.getrandbits(256):x}",
        **changes,
    }


def broken_tokens(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Signatures, algorithms and forms that are wrong."""
    claims = claims_of(rng)
    good = made(claims)
    head, body, tail = good.split(".")
    yield "wrong secret", made(claims, WRONG)
    yield "alg none", f"{segment({'alg': 'none', 'typ': 'JWT'})}.{body}."
    yield "alg none, signed", made(claims, header={"alg": "none"})
    yield "alg HS512", made(claims, header={"alg": "HS512"}, digest="sha512")
    yield "alg RS256", made(claims, header={"alg": "RS256"})
    yield "alg in lower case", made(claims, header={"alg": "hs256"})
    yield "alg missing", made(claims, header={"typ": "JWT"})
    yield "unknown critical header", made(claims, header={**HEADER, "crit": ["x"], "x": 1})
    yield "claims of another token", f"{head}.{segment(claims_of(rng, sub='1'))}.{tail}"
    yield "signature missing", f"{head}.{body}."
    yield "parts missing", rng.choice([head, f"{head}.{body}", f"{head}..{tail}", "..", "", f"{good}.{tail}"])
    yield "claims no object", made(rng.choice([[], 7, "x", None, True]))
    yield "claims no JSON", made(rng.choice([b"", b"{", b"\xff"]))
    yield "header no object", made(claims, header=rng.choice([[], 7, b"{"]))
    yield "not ASCII", rng.choice(["é.é.é", good + "é", "漢" * 20])
    yield "noise", "".join(rng.choices("eyJ._-AZ09=", k=rng.randint(1, 80)))
    place = rng.randrange(len(good) - 1)
    if good[place] != "A":
        yield "damaged", f"{good[:place]}A{good[place + 1 :]}"


def token_cases(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(name, token)."""
    now = int(time.time())
    yield "honest", made(claims_of(rng))
    yield "old secret", made(claims_of(rng), OLD)
    yield (
        "clocks differ a little",
        made(claims_of(rng, **rng.choice([{"exp": now - 4}, {"nbf": now + 4}, {"iat": now + 4}]))),
    )
    yield "expired", made(claims_of(rng, exp=now - rng.randint(20, 10**6)))
    yield "not valid yet", made(claims_of(rng, nbf=now + rng.randint(20, 10**6)))
    yield "issued in the future", made(claims_of(rng, iat=now + rng.randint(20, 10**6)))
    yield "another app", made(claims_of(rng, aud=rng.choice(["", "x", API_KEY.upper(), [API_KEY], None, 7])))
    yield "sub of the wrong type", made(claims_of(rng, sub=rng.choice([7, [], {}, True])))
    yield "jti of the wrong type", made(claims_of(rng, jti=rng.choice([7, [], {}, True])))
    yield "time that is none", made(claims_of(rng, exp=rng.choice(["x", [], {}, None])))
    for name in ("exp", "nbf", "iat", "iss", "dest", "sub", "jti", "sid"):
        yield f"{name} missing", made({key: value for key, value in claims_of(rng).items() if key != name})
    yield "iss of another shop", made(claims_of(rng, iss="https://other-shop.myshopify.com/admin"))
    yield (
        "iss without /admin",
        made(claims_of(rng, iss=rng.choice([f"https://{SHOP}", f"https://{SHOP}/", "x"]))),
    )
    yield "iss of the wrong type", made(claims_of(rng, iss=rng.choice([7, [], None, True])))
    yield "sid of the wrong type", made(claims_of(rng, sid=rng.choice([7, [], None, "", True])))
    hosts = [
        "evil.example",
        f"{SHOP}.evil.example",
        "quiet-mountain",
        f"{SHOP}:444",
        f"x@{SHOP}",
        f"{SHOP}/x",
        "",
    ]
    yield "dest no shop", made(claims_of(rng, dest=f"https://{rng.choice(hosts)}"))
    yield (
        "dest not https",
        made(claims_of(rng, dest=rng.choice([f"http://{SHOP}", SHOP, f"//{SHOP}", f"HTTPS://{SHOP}"]))),
    )
    yield "dest of the wrong type", made(claims_of(rng, dest=rng.choice([7, ["x"], True])))
    yield "time as text", made(claims_of(rng, **{rng.choice(["exp", "nbf", "iat"]): str(now)}))
    yield "time with a fraction", made(claims_of(rng, **{rng.choice(["exp", "nbf"]): now + 0.5}))
    yield "oversized", made(claims_of(rng, padding="x" * 9000))
    yield from broken_tokens(rng)


def _token_is_ours(token: str) -> bool:
    try:
        return id_tokens.verify(token, SETTINGS).shop == SHOP
    except id_tokens.InvalidIdToken:
        return False


def _token_is_theirs(request: Any) -> bool:
    return OFFICIAL.verify_app_home_req(request, "/bounce").ok


def test_id_tokens_are_judged_as_the_official_package_does(report: Callable[[str], None]) -> None:
    rng, tally = random.Random(3), Tally("id tokens")
    for _ in range(ROUNDS):
        for name, token in token_cases(rng):
            headers = {"Authorization": f"Bearer {token}"}
            request = {"method": "GET", "headers": headers, "url": "https://app.example/", "body": ""}
            tally.judge(name, _token_is_ours(token), partial(_token_is_theirs, request))
    tally.close(STRICTER_ID_TOKEN, {}, report)


# --- OAuth callbacks

Pairs = list[tuple[str, str]]


def signed(pairs: Pairs, secret: str = NEW) -> Pairs:
    """Pairs and their hmac, by the rules of Shopify's page; the special cases are ShopifyAPI's."""

    def line(key: str, value: str) -> str:
        key = key.replace("%", "%25").replace("=", "%3D")
        return f"{key}={value.replace('%', '%25')}".replace("&", "%26")

    ids = [value for key, value in pairs if key == "ids[]"]
    lines = [line(key, value) for key, value in pairs if key != "ids[]"]
    lines += [line("ids", json.dumps(ids))] if ids else []
    message = "&".join(sorted(lines))
    return [*pairs, ("hmac", hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest())]


def callback(rng: random.Random, **changes: str | None) -> Pairs:
    values = {
        "code": f"{rng.getrandbits(128):x}",
        "host": base64.b64encode(rng.randbytes(20)).decode(),
        "shop": SHOP,
        "state": f"{rng.getrandbits(60):x}",
        "timestamp": str(int(time.time()) - rng.randint(0, 200)),
        **changes,
    }
    return [(key, value) for key, value in values.items() if value is not None]


def callback_cases(rng: random.Random) -> Iterator[tuple[str, Pairs]]:
    """(name, decoded pairs)."""
    now = int(time.time())
    good = signed(callback(rng))
    yield "honest", good
    yield "array", signed([*callback(rng), ("ids[]", "2"), ("ids[]", "1")])
    yield (
        "delimiters inside",
        signed(callback(rng, state=rng.choice(["a&b=c", "a=b", "%26", "a b", "é", "&code=x"]))),
    )
    yield "delimiters inside a name", signed([*callback(rng), (rng.choice(["a&b", "a=b", "a%"]), "x")])
    yield "wrong secret", signed(callback(rng), WRONG)
    yield "hmac missing", [pair for pair in good if pair[0] != "hmac"]
    yield "hmac not ASCII", [*good[:-1], ("hmac", "é" * 32)]
    yield "hmac in upper case", [*good[:-1], ("hmac", "X" + good[-1][1].upper())]
    yield "parameter added", [*good, ("extra", "1")]
    yield (
        "boundary shifted",
        [
            ("state", "a") if key == "state" else (key, value)
            for key, value in signed(callback(rng, state="a&b=c"))
        ]
        + [("b", "c")],
    )
    name = rng.choice(["code", "shop", "state", "host"])
    yield "value changed", [(key, value + "x" if key == name else value) for key, value in good]
    yield "days old", signed(callback(rng, timestamp=str(now - 90_000 - rng.randint(0, 10**6))))
    yield "hours old", signed(callback(rng, timestamp=str(now - rng.randint(400, 80_000))))
    yield "from the future", signed(callback(rng, timestamp=str(now + rng.randint(400, 10**6))))
    yield "timestamp missing", signed(callback(rng, timestamp=None))
    yield "timestamp no number", signed(callback(rng, timestamp=rng.choice(["x", "", "1.5", "1e9"])))
    yield (
        "shop malformed",
        signed(callback(rng, shop=rng.choice(["evil.example", "x", f"{SHOP}/x", f"x@{SHOP}"]))),
    )
    yield "state missing", signed(callback(rng, state=None))
    yield "code missing", signed(callback(rng, code=rng.choice([None, ""])))
    yield "parameter doubled", [("shop", "victim.myshopify.com"), *good]


def _callback_is_ours(pairs: Pairs) -> bool:
    try:
        verify_oauth_callback(pairs, (NEW,))
    except InvalidSignature:
        return False
    return True


def test_callbacks_are_judged_as_the_official_package_does(
    report: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify.Session, "secret", NEW)
    rng, tally = random.Random(4), Tally("OAuth callbacks")
    for _ in range(ROUNDS):
        for name, pairs in callback_cases(rng):
            params: dict[str, Any] = dict(pairs)
            if "ids[]" in params:
                params["ids[]"] = [value for key, value in pairs if key == "ids[]"]
            tally.judge(name, _callback_is_ours(pairs), partial(shopify.Session.validate_params, params))
    tally.close(STRICTER_OAUTH, {}, report)
