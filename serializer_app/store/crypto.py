"""Encryption of tokens and personal data, the blind index that finds them again, and keys derived for one purpose."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from serializer_app.errors import AppError

API_KEY_PREFIX = "szr_"
SEALED = "gAAAA"
"""What every text that a Vault encrypted begins with: the version of Fernet and the upper bits of the time."""


class Vault:
    """Encrypts with the first key, decrypts with all of them (SERIALIZER_ENCRYPTION_KEYS)."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._keys = keys

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def encrypt_bytes(self, content: bytes) -> str:
        """As ``encrypt``, for what is no text; a third longer."""
        return self._fernet.encrypt(content).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Raises AppError ``encryption_key_missing`` when none of the keys made ``token``."""
        return self.decrypt_bytes(token).decode()

    def decrypt_bytes(self, token: str) -> bytes:
        """What ``encrypt_bytes`` was given. Raises AppError ``encryption_key_missing`` as ``decrypt`` does."""
        try:
            return self._fernet.decrypt(token.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError) as error:
            raise AppError(
                "encryption_key_missing",
                "Stored data was encrypted with a key that is not in SERIALIZER_ENCRYPTION_KEYS; add it at the end",
                status=500,
            ) from error

    def opens(self, token: str) -> bool:
        """Whether one of the keys made ``token``."""
        try:
            self._fernet.decrypt(token.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True

    def rotate(self, token: str) -> str:
        """The same content encrypted with the first key."""
        try:
            return self._fernet.rotate(token.encode("ascii")).decode("ascii")
        except InvalidToken as error:
            raise AppError(
                "encryption_key_missing", "A stored value cannot be decrypted", status=500
            ) from error

    def blind_index(self, purpose: str, text: str) -> str:
        """What is stored beside an encrypted value so that it can be looked up: a keyed hash, 64 hex digits."""
        return self.blind_indexes(purpose, text)[0]

    def blind_indexes(self, purpose: str, text: str) -> list[str]:
        """The index under every key, newest first: until ``keys rotate`` has run, rows stand under older ones."""
        return [
            hmac.new(_derive(key, f"blind-index:{purpose}"), text.encode(), hashlib.sha256).hexdigest()
            for key in self._keys
        ]

    def derived_keys(self, purpose: str) -> list[bytes]:
        """32 bytes for one purpose from each key, newest first; never the Shopify secret (platform.md §2)."""
        return [_derive(key, purpose) for key in self._keys]


def _derive(key: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"serializer:{purpose}".encode()).derive(
        key.encode("ascii")
    )


def new_api_key() -> str:
    """``szr_`` and 43 letters and digits: about 256 bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return API_KEY_PREFIX + "".join(secrets.choice(alphabet) for _ in range(43))


def api_key_hash(key: str) -> str:
    """SHA-256 is enough: a random key of 256 bits cannot be tried out, unlike a password."""
    return hashlib.sha256(key.encode()).hexdigest()
