"""How the codes look that a shop has made: a prefix, random symbols of an alphabet, and a check symbol."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.ids.item_ids import ALPHABET
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.errors import AppError, Detail
from serializer_app.store import upsert
from serializer_app.store.models import SerialPattern

PREFIX_LENGTH = 32
MOST_SYMBOLS = 32
SHORTEST = 4


@dataclass(frozen=True)
class Pattern:
    """``length`` counts the random symbols: without the prefix, without the check symbol."""

    prefix: str = ""
    length: int = 12
    alphabet: str = ALPHABET
    check_symbol: bool = True

    @property
    def capacity(self) -> int:
        """How many different codes there are."""
        return int(len(self.alphabet) ** self.length)

    def problems(self) -> list[Detail]:
        """Everything that is wrong with it; empty for a pattern that can be used."""
        found: list[Detail] = []
        if (
            len(self.prefix) > PREFIX_LENGTH
            or not self.prefix.isprintable()
            or self.prefix != self.prefix.strip()
        ):
            found.append(
                {
                    "path": "prefix",
                    "message": f"has at most {PREFIX_LENGTH} printable characters, none of them a space"
                    " at either end",
                }
            )
        if not SHORTEST <= self.length <= MOST_SYMBOLS - self.check_symbol:
            found.append(
                {"path": "length", "message": f"is from {SHORTEST} to {MOST_SYMBOLS - self.check_symbol}"}
            )
        symbols = self.alphabet
        if (
            not 2 <= len(symbols) <= 64
            or not symbols.isascii()
            or not symbols.isprintable()
            or " " in symbols
        ):
            found.append(
                {"path": "alphabet", "message": "has from 2 to 64 printable ASCII characters and no space"}
            )
        elif len(set(symbols.casefold())) != len(symbols):
            found.append({"path": "alphabet", "message": "has each character once: codes do not tell case"})
        return found

    def make(self, count: int) -> list[str]:
        """``count`` codes at random; whether they are new is for the database to say."""
        wanted, symbols = count * self.length, ""
        while len(symbols) < wanted:
            symbols += self._random_symbols(wanted - len(symbols))
        bodies = (symbols[start : start + self.length] for start in range(0, wanted, self.length))
        if not self.check_symbol:
            return [self.prefix + body for body in bodies]
        check = self._checker()
        return [self.prefix + body + check(body) for body in bodies]

    def _random_symbols(self, count: int) -> str:
        """About ``count`` symbols, each as likely as any other: bytes beyond the last full round are thrown away."""
        size = len(self.alphabet)
        rounds = 256 // size
        table = (self.alphabet * rounds).encode("ascii").ljust(256, b"?")
        drawn = secrets.token_bytes(count * 256 // (size * rounds) + 1)
        return drawn.translate(table, bytes(range(size * rounds, 256))).decode("ascii")[:count]

    def check_of(self, body: str) -> str:
        """The Luhn-mod-N check symbol of ``body`` over this alphabet of N symbols."""
        return self._checker()(body)

    def _checker(self) -> Callable[[str], str]:
        symbols, size = self.alphabet, len(self.alphabet)
        single = {symbol: value for value, symbol in enumerate(symbols)}
        # Luhn doubles every second symbol and adds the digits of the result in base N.
        double = {symbol: 2 * value // size + 2 * value % size for symbol, value in single.items()}

        def check(body: str) -> str:
            total = sum(map(double.__getitem__, body[::-2])) + sum(map(single.__getitem__, body[-2::-2]))
            return symbols[-total % size]

        return check

    def fits(self, code: str) -> bool:
        """Whether ``code`` could be one of this pattern, its check symbol included."""
        folded = {symbol.casefold(): symbol for symbol in self.alphabet}
        key, prefix = serial_key(code), serial_key(self.prefix)
        symbols = [folded.get(symbol) for symbol in key.removeprefix(prefix)]
        if not key.startswith(prefix) or len(symbols) != self.length + self.check_symbol or None in symbols:
            return False
        body = "".join(symbol for symbol in symbols if symbol)
        return not self.check_symbol or self.check_of(body[:-1]) == body[-1]


DEFAULT = Pattern()


def of_shop(session: Session, shop_id: int) -> Pattern:
    """The pattern a shop chose, else the default: 12 symbols without look-alikes, and a check symbol."""
    row = session.execute(
        select(
            SerialPattern.prefix, SerialPattern.length, SerialPattern.alphabet, SerialPattern.check_symbol
        ).where(SerialPattern.shop_id == shop_id)
    ).one_or_none()
    return DEFAULT if row is None else Pattern(*row)


def choose(session: Session, shop_id: int, pattern: Pattern, *, actor: str) -> None:
    """Have further codes made this way. Raises AppError ``pattern_invalid`` 422 with every problem."""
    checked(pattern)
    before = of_shop(session, shop_id)
    values = {
        "prefix": pattern.prefix,
        "length": pattern.length,
        "alphabet": pattern.alphabet,
        "check_symbol": pattern.check_symbol,
    }
    statement = upsert.insert(session, SerialPattern).values(shop_id=shop_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))
    if before != pattern:
        differences = {
            f"serialPattern.{name}": {"from": getattr(before, name), "to": value}
            for name, value in values.items()
            if getattr(before, name) != value
        }
        history.record(session, shop_id, "shop", [(shop_id, differences)], actor=actor, action="configured")


def checked(pattern: Pattern) -> Pattern:
    """The pattern itself, if it can be used; raises AppError ``pattern_invalid`` 422."""
    if problems := pattern.problems():
        message = "; ".join(f"{problem['path']} {problem['message']}" for problem in problems)
        raise AppError(
            "pattern_invalid", f"This pattern makes no codes: {message}", status=422, details=problems
        )
    return pattern
