"""One example for each operation. The reference shows them; tests make every call and compare the answer."""

from __future__ import annotations

from serializer_app.web.api.operations import Example

ORDER_ID = 4460047270069
CUSTOMER_ID = 6073892151477
LINE_ID = 11346085216437
VARIANT_ID = 41230512259253
ITEM_ID = "7K3M-9QXT-2VBN-8RD2"
SECOND_ID = "9ZD4-1WHC-5PYK-0TM6"

EXAMPLES: dict[str, Example] = {}
