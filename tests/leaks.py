"""A watch over everything that the app writes to its log while the tests run (contract §3: no secrets, no people).

What pytest captured on stderr is what our log handler wrote, after redaction, in every test of the suite. A test whose
log carries a secret fails, whatever it was about. (The section "Captured log" is pytest's own view of the records
before redaction, and not looked at.)
"""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest

_SECRETS = {
    "a Shopify token or secret": r"shp[a-z]{2,3}_[A-Za-z0-9_]{8,}",
    "an API key": r"szr_[A-Za-z0-9]{20,}",
    "an id token": r"\beyJ[\w-]{8,}\.[\w-]{8,}",
    "encrypted data": r"gAAAA[\w-]{16,}",
    "an encryption key": r"c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5",
    "a signed query": r"(?:hmac|signature|id_token|state|code)=(?!\*)[^\s&'\"]{6,}",
    "an e-mail address": r"[\w.+-]+@[\w-]+\.(?:com|example|org|net)\b",
}
_PATTERN = re.compile(
    "|".join(f"(?P<_{number}>{pattern})" for number, pattern in enumerate(_SECRETS.values()))
)


def leaks(text: str) -> list[str]:
    """What stands in ``text`` and must not, each as "what it is: the beginning of it"."""
    found = []
    for match in _PATTERN.finditer(text):
        number = int((match.lastgroup or "_0")[1:])
        found.append(f"{list(_SECRETS)[number]}: {match[0][:16]}…")
    return sorted(set(found))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Part of tests/conftest.py: fails a test, in whichever phase, whose log tells a secret."""
    report = yield
    written = "".join(content for name, content in report.sections if "stderr" in name)
    found = leaks(written)
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} wrote secrets to the log:\n  " + "\n  ".join(found)
    return report
