"""Our verdicts on webhooks and app-proxy requests beside those of Shopify's own ``shopifyapp``, thousands of times.

Every case has a name. A case whose name stands in a table below must be judged differently every time it comes up;
every other case must be judged alike. Requests are made and signed here, by code of their own.
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
from urllib.parse import quote, quote_plus

from shopify_app import ShopifyApp

from serializer_app.shopify.signatures import (
    InvalidSignature,
    parse_query,
    verify_proxy,
    verify_webhook,
)
from tests.conftest import API_KEY
from tests.shopify.conftest import SHOP, make_settings
from tests.shopify.verdicts import Tally

NEW = "shpss_0123456789abcdef0123456789abcdef"
OLD = "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"
WRONG = "shpss_00000000000000000000000000000000"
SETTINGS = make_settings(SHOPIFY_API_SECRET=NEW, SHOPIFY_OLD_API_SECRET=OLD)
OFFICIAL = ShopifyApp(API_KEY, NEW, OLD)
ROUNDS = 150

# name of the case → why we refuse what the official package accepts, or refuse in order what makes it raise
STRICTER_PROXY = {
    "shop missing": "contract §3: one of Shopify's five parameters missing is 401",
    "path_prefix missing": "the same",
    "logged_in_customer_id missing": "the same",
    "timestamp doubled": "exactly one each; they take the first",
    "path_prefix doubled": "exactly one each",
    "logged_in_customer_id doubled": "exactly one each; they take the first",
    "timestamp no plain number": "they read it with int(), which takes signs, spaces, underscores, foreign digits",
    "shop malformed": "they do not look at the shop domain",
    "customer malformed": "they hand on any text as the customer",
    "signature not ASCII": "they raise TypeError",
    "signature not UTF-8": "they raise TypeError",
    "customer hidden in a parameter": "a second reading of the signed text; they accept the forged customer",
    "shop hidden in a parameter": "a second reading of the signed text; they accept the forged shop",
    "reserved name inside a value": "the honest half of such a forgery",
}
# … and the other way round: Shopify's page sorts "k=v" strings, the package sorts keys; we know both orders.
WIDER_PROXY = {"sorted as Shopify's page has it": "differs from the package for keys such as a and a1 only"}
STRICTER_WEBHOOK = {"header not ASCII": "they raise TypeError"}


def hexdigest(message: str, secret: str) -> str:
    return hmac.new(secret.encode(), message.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def word(rng: random.Random, alphabet: str = "abcxyz019 -_.~é漢\U0001f600%+&=;,'\"<>") -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(0, 8)))


# --- webhooks


def webhook_cases(rng: random.Random) -> Iterator[tuple[str, str, str | None]]:
    """(name, body, header)."""
    body = json.dumps({"id": rng.getrandbits(60), "name": word(rng)}, ensure_ascii=rng.random() < 0.5)

    def sign(text: str, secret: str) -> str:
        return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()

    good = sign(body, NEW)
    yield "honest", body, good
    yield "old secret", body, sign(body, OLD)
    yield "wrong secret", body, sign(body, WRONG)
    yield "empty body", "", sign("", NEW)
    place = rng.randrange(len(body))
    yield "body damaged", body[:place] + "!" + body[place + 1 :], good
    yield "body longer", body + " ", good
    yield "body of another delivery", word(rng), good
    yield "header missing", body, None
    yield "header empty", body, ""
    yield "header cut", body, good[: rng.randrange(1, len(good))]
    yield "header with a space", body, rng.choice([f" {good}", f"{good} ", f"{good}\n"])
    yield "header doubled", body, f"{good},{good}"
    yield "header in hex", body, hexdigest(body, NEW)
    yield "header in lower case", body, "x" + good.lower()
    yield "header not ASCII", body, rng.choice(["é", "ß" * 44, good[:-1] + "＝", "\udc80"])
    yield "header is noise", body, base64.b64encode(rng.randbytes(32)).decode()


def _webhook_is_theirs(request: Any) -> bool:
    return OFFICIAL.verify_webhook_req(request).ok


def test_webhooks_are_judged_as_the_official_package_does(report: Callable[[str], None]) -> None:
    rng, tally = random.Random(1), Tally("webhooks")
    for _ in range(ROUNDS):
        for name, body, header in webhook_cases(rng):
            headers = {"X-Shopify-Shop-Domain": SHOP} | (
                {} if header is None else {"X-Shopify-Hmac-SHA256": header}
            )
            request = {"method": "POST", "headers": headers, "url": "https://app.example/", "body": body}
            ours = verify_webhook(body.encode(), header, SETTINGS.secrets)
            tally.judge(name, ours, partial(_webhook_is_theirs, request))
    tally.close(STRICTER_WEBHOOK, {}, report)


# --- app proxy

Pairs = list[tuple[str, str]]
FIVE = ("shop", "path_prefix", "timestamp", "logged_in_customer_id")


def proxy_query(
    rng: random.Random, pairs: Pairs, signature: str | None = None, secret: str = NEW, by_line: bool = False
) -> str:
    """A query as Shopify forwards it, shuffled and signed as the official package sorts, or as Shopify's page does."""
    grouped: dict[str, list[str]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    lines = [f"{key}={','.join(values)}" for key, values in sorted(grouped.items())]
    if signature is None:
        signature = hexdigest("".join(sorted(lines) if by_line else lines), secret)
    shown = [*pairs, ("signature", signature)]
    keys = list(dict.fromkeys(key for key, _ in shown))
    rng.shuffle(keys)  # the order of different keys is free, that of one key's values is not
    escape = rng.choice([quote_plus, quote])
    return "&".join(
        f"{escape(key)}={escape(value)}" for wanted in keys for key, value in shown if key == wanted
    )


def proxy_pairs(rng: random.Random, **changes: str | None) -> Pairs:
    values: dict[str, str | None] = {
        "shop": SHOP,
        "path_prefix": "/apps/serializer",
        "timestamp": str(int(time.time()) + rng.randint(-30, 30)),
        "logged_in_customer_id": rng.choice(["", "1", str(rng.getrandbits(62))]),
        **changes,
    }
    extra = [(rng.choice("bcdefgh") + word(rng), word(rng)) for _ in range(rng.randint(0, 4))]
    # Keys that continue one another are the matter of a case of their own.
    extra = [pair for pair in extra if not any(o != pair[0] and o.startswith(pair[0]) for o, _ in extra)]
    return [*extra, *((key, value) for key, value in values.items() if value is not None)]


def shifted(rng: random.Random, shop: bool) -> tuple[Pairs, Pairs]:
    """What a visitor asks for through Shopify, and the forgery that carries the same signature."""
    now, customer = str(int(time.time())), str(rng.getrandbits(40))
    five = [("logged_in_customer_id", ""), ("path_prefix", "/apps/x"), ("shop", SHOP), ("timestamp", now)]
    if not shop:
        asked = [("a", f"logged_in_customer_id={customer}m="), *five]
        forged = [("a", ""), ("logged_in_customer_id", customer), ("m", "logged_in_customer_id="), *five[1:]]
        return asked, forged
    hidden = f"logged_in_customer_id={customer}path_prefix=/pshop=victim.myshopify.comt="
    asked = [("a", hidden), *five]
    rest = "".join(f"{key}={value}" for key, value in five[:3])
    forged = [
        ("a", ""),
        ("logged_in_customer_id", customer),
        ("path_prefix", "/p"),
        ("shop", "victim.myshopify.com"),
        ("t", rest),
        ("timestamp", now),
    ]
    return asked, forged


def proxy_cases(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(name, raw query)."""
    pairs = proxy_pairs(rng)
    honest = proxy_query(rng, pairs)
    yield "honest", honest
    yield "old secret", proxy_query(rng, pairs, secret=OLD)
    yield "wrong secret", proxy_query(rng, pairs, secret=WRONG)
    yield "repeated key", proxy_query(rng, [("ids", word(rng)), ("ids", word(rng)), *pairs])
    yield "blank pieces", honest.replace("&", "&&") + "&"
    yield "name without a value", proxy_query(rng, [("zz", ""), *pairs]).replace("zz=", "zz")
    broken = rng.choice([("%zz", "%zz"), ("%", "%"), ("%C3", "�"), ("%ED%A0%80", "���"), ("a+b", "a b")])
    yield (
        "broken escapes",
        proxy_query(rng, [("q", broken[1]), *pairs])
        .replace(f"q={quote(broken[1])}", f"q={broken[0]}")
        .replace(f"q={quote_plus(broken[1])}", f"q={broken[0]}"),
    )
    yield "sorted as Shopify's page has it", proxy_query(rng, [("i", "x"), ("i1", "y"), *pairs], by_line=True)
    yield "sorted as the package has it", proxy_query(rng, [("i", "x"), ("i1", "y"), *pairs])
    yield "parameter added", honest + "&extra=1"
    yield "parameter renamed", honest.replace("path_prefix=", "path_prefiy=")
    yield (
        "signature missing",
        "&".join(part for part in honest.split("&") if not part.startswith("signature=")),
    )
    yield "signature doubled", honest + "&signature=" + "0" * 64
    yield "signature empty", proxy_query(rng, pairs, signature="")
    yield "signature in upper case", proxy_query(rng, pairs, signature="X" + hexdigest("x", NEW).upper())
    yield "signature not ASCII", proxy_query(rng, pairs, signature=rng.choice(["é", "漢" * 64, "\U0001f600"]))
    yield (
        "signature not UTF-8",
        proxy_query(rng, pairs, signature="x").replace("signature=x", "signature=%FF"),
    )
    for name in FIVE:
        yield f"{name} missing", proxy_query(rng, proxy_pairs(rng, **{name: None}))
        yield f"{name} doubled", proxy_query(rng, [*pairs, next(pair for pair in pairs if pair[0] == name)])
    for seconds in (-10_000, -100, 100, 10_000):
        yield (
            "time out of reach",
            proxy_query(rng, proxy_pairs(rng, timestamp=str(int(time.time()) + seconds))),
        )
    yield (
        "timestamp no number",
        proxy_query(rng, proxy_pairs(rng, timestamp=rng.choice(["", "x", "1.5", "1e9", "0x1"]))),
    )
    now = str(int(time.time()))
    odd = rng.choice(
        [
            f"+{now}",
            f" {now}",
            f"{now}\t",
            f"{now[:4]}_{now[4:]}",
            now.translate({48 + i: 0xFF10 + i for i in range(10)}),
        ]
    )
    yield "timestamp no plain number", proxy_query(rng, proxy_pairs(rng, timestamp=odd))
    domain = rng.choice(
        ["evil.example", "quiet-mountain", f"{SHOP}.evil.example", f"https://{SHOP}", "", f"{SHOP}\n"]
    )
    yield "shop malformed", proxy_query(rng, proxy_pairs(rng, shop=domain))
    customer = rng.choice(["abc", "-1", "1.0", " 1", "٣", str(2**63), "1,2"])
    yield "customer malformed", proxy_query(rng, proxy_pairs(rng, logged_in_customer_id=customer))
    for shop in (False, True):
        asked, forged = shifted(rng, shop)
        signed = proxy_query(rng, asked)
        signature = next(part for part in signed.split("&") if part.startswith("signature="))[10:]
        yield f"{'shop' if shop else 'customer'} hidden in a parameter", proxy_query(rng, forged, signature)
        yield "reserved name inside a value", signed
    place = rng.randrange(len(honest))
    damaged = honest[:place] + rng.choice("xyz0") + honest[place + 1 :]
    if parse_query(damaged) != parse_query(honest):
        yield "damaged", damaged
    yield "noise", "&".join(f"{word(rng)}={word(rng)}" for _ in range(6)).replace("#", "")


def _proxy_is_ours(query: str) -> bool:
    try:
        verify_proxy(query.encode(), SETTINGS.secrets)
    except InvalidSignature:
        return False
    return True


def _proxy_is_theirs(request: Any) -> bool:
    return OFFICIAL.verify_app_proxy_req(request).ok


def test_proxy_requests_are_judged_as_the_official_package_does(report: Callable[[str], None]) -> None:
    rng, tally = random.Random(2), Tally("app proxy")
    for _ in range(ROUNDS):
        for name, query in proxy_cases(rng):
            url = f"https://app.example/apps/serializer/items?{query}"
            request = {"method": "GET", "headers": {}, "url": url, "body": ""}
            tally.judge(name, _proxy_is_ours(query), partial(_proxy_is_theirs, request))
    tally.close(STRICTER_PROXY, WIDER_PROXY, report)
