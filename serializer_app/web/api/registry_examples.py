"""Examples of serials, uploads, experiences and registrations: shown by the reference, made true by tests.

The texts are those of the source document (seeds/000) without its brand.
"""

from __future__ import annotations

from serializer_app.text import JsonDict
from serializer_app.web.api.examples import (
    ITEM_ID,
    LINE_ID,
    MADE,
    MONTHS,
    ORDER_ID,
    SECOND_ID,
    VARIANT_ID,
    item,
    page_of,
)
from serializer_app.web.api.operations import Example

NUMBER, FREE_NUMBER, NEW_NUMBER = "XYZ123456789", "XYZ987654321", "XYZ111222333"
REGISTRATION_ID = "0DZG-RMJN-MYDS-4H58"
UPLOAD_ID = "964Z-DR8J-ZDME-FNV0"
EXPERIENCE_ID, OTHER_EXPERIENCE_ID = "H4T9WQ2MXC", "J7N2KD5RVB"
UPLOADED = "serialNumber,productSku\nCLK-1,CLOCK-R\nCLK-2,ABC-1000\n"

PROOF = "%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1>>\nstartxref\n9\n%%EOF\n"

_EMAIL = "ada@example.com"
ADA = {"email": _EMAIL, "firstName": "Ada", "lastName": "Lovelace", "phone": "+44 20 7946 0000"}
CLAIM: JsonDict = {
    "serialNumber": NUMBER,
    "customer": ADA,
    "purchaseDate": "2026-11-01",
    "channel": "retail",
    "orderNumber": "1001",
}
_GRACE: JsonDict = {"email": "grace@example.com", "firstName": "Grace", "lastName": "Hopper"}
_URL = "https://example.myshopify.com/apps/serializer/u/x7Lq0dT2vB9sK4mWc1Zy"
_NO_SKU = (
    "Product SKU ABC-1000 not found. To enter a serial number you must have an associated product and variant. "
    "Products and variants are created directly in the platform, and cannot be created programmatically"
)
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _change(action: str, **changes: object) -> JsonDict:
    return {"at": MADE, "actor": "api-key:1", "action": action, "changes": changes}


def _first(value: str) -> JsonDict:
    return {"from": None, "to": value}


def _registered(number: str = NUMBER) -> JsonDict:
    told: JsonDict = {f"customer.{name}": {} for name in ADA}
    return _change("registered", serialNumber=_first(number), status=_first("approved"), **told)


def _entered(number: str) -> JsonDict:
    return _change("created", serialNumber=_first(number), source=_first("api"))


_SOLD = _change("sold", state={"from": "in_stock", "to": "sold"})
"""Who registers a unit without an order has bought it somewhere."""


def _created(number: str) -> JsonDict:
    return {
        "serialNumber": number,
        "experienceId": EXPERIENCE_ID,
        "productSku": "CLOCK-R",
        "url": _URL,
        "qrUrl": f"{_URL}/qr.svg",
    }


def _serial(number: str = NUMBER, registration_id: str | None = REGISTRATION_ID) -> JsonDict:
    return {
        **_created(number),
        "status": "registered" if registration_id else "available",
        "source": "api",
        "productVariantId": VARIANT_ID,
        "state": "sold" if registration_id else "in_stock",
        "locationId": None,
        "note": None,
        "itemId": None,
        "orderId": None,
        "registrationId": registration_id,
        "createdAt": MADE,
    }


def _registration(*history: JsonDict, ends: str = "2028-11-01", **changes: object) -> JsonDict:
    number = changes.get("serialNumber", NUMBER)
    return {
        "id": REGISTRATION_ID,
        "serialNumber": number,
        "productVariantId": VARIANT_ID,
        "experienceId": EXPERIENCE_ID,
        "productSku": "CLOCK-R",
        "itemId": None,
        "orderId": None,
        "status": "approved",
        "customer": {**ADA, "customerId": None},
        "buyer": None,
        "purchaseDate": "2026-11-01",
        "channel": "retail",
        "orderNumber": "1001",
        "registeredAt": MADE,
        "updatedAt": MADE,
        "warranty": {"state": "active", "startsOn": "2026-11-01", "endsOn": ends, "duration": MONTHS},
        "warrantyEnd": ends,
        "proofOfPurchase": None,
        "url": _URL,
        "history": [_registered(str(number)), *history],
        **changes,
    }


def _decided(status: str) -> Example:
    change = _change(status, status={"from": "approved", "to": status})
    return Example(200, _registration(change, status=status), path=_PATH)


def _pattern(**values: object) -> JsonDict:
    """What GET answers by default, with ``values``."""
    return {
        "prefix": "",
        "length": 12,
        "alphabet": _SYMBOLS,
        "checkSymbol": True,
        "capacity": str(32**12),
        "examples": ["38BSMGSA8PGTK", "XFJBSTWP610JS", "VWSNXKBQFSET5", "J4WCF76KK1GH0", "2AEC3YY7N3HK5"],
        **values,
    }


def _upload(**values: object) -> JsonDict:
    return {
        "id": UPLOAD_ID,
        "status": "done",
        "form": "csv",
        "progress": 1.0,
        "entries": 2,
        "created": 1,
        "failed": 1,
        "createdAt": MADE,
        "finishedAt": MADE,
        "resultPath": f"/api/v1/serials/uploads/{UPLOAD_ID}/result",
        **values,
    }


_PATH: JsonDict = {"registrationId": REGISTRATION_ID}
_UPLOAD_PATH: JsonDict = {"uploadId": UPLOAD_ID}
_SERIAL_PATH: JsonDict = {"serialNumber": NUMBER}
_TRANSFERRED = _change("transferred", customer={})
_OWNER: JsonDict = {**_GRACE, "phone": None, "customerId": None}
_DIGITS: JsonDict = {"prefix": "ACME-", "length": 6, "alphabet": "0123456789", "checkSymbol": False}
_DIGITS_ANSWER = _pattern(
    **_DIGITS,
    capacity="1000000",
    examples=["ACME-093514", "ACME-771820", "ACME-402957", "ACME-118364", "ACME-650031"],
)
_SKU_SHARED = (
    "Product SKU CLOCK-R is on more than one variant. A SKU must not be shared: it could not tell which experience a "
    "serial number belongs to. Give each variant a SKU of its own"
)
_SHEET = (
    "experienceId,productVariantId,productId,productTitle,variantTitle,productSku,trackable,autoGeneratable,"
)

_SERIALS: dict[str, Example] = {
    "post_serials": Example(
        201,
        {
            "created": [_created(NEW_NUMBER), _created("7KQ0ZT4MXW2JH")],
            "errors": [
                {"errorMessage": _NO_SKU, "serialNumber": NUMBER, "productSku": "ABC-1000"},
                {
                    "errorMessage": "The serial number already exists",
                    "serialNumber": NUMBER,
                    "productSku": "CLOCK-R",
                },
            ],
        },
        body=[
            {"serialNumber": NEW_NUMBER, "experienceId": EXPERIENCE_ID},
            {"quantity": 1, "productSku": "CLOCK-R"},
            {"serialNumber": NUMBER, "productSku": "ABC-1000"},
            {"serialNumber": NUMBER, "productSku": "CLOCK-R"},
        ],
    ),
    "list_serials": Example(
        200, page_of(_serial(), _serial(FREE_NUMBER, None)), query={"productVariantId": VARIANT_ID}
    ),
    "get_serial": Example(
        200, {**_serial(), "history": [_entered(NUMBER), _SOLD, _registered()]}, path=_SERIAL_PATH
    ),
    "patch_serial": Example(
        200,
        {
            **_serial(FREE_NUMBER, None),
            "state": "in_repair",
            "locationId": 905684977,
            "note": "Strap is torn",
            "history": [
                _entered(FREE_NUMBER),
                _change(
                    "state-changed",
                    locationId={"from": None, "to": 905684977},
                    note=_first("Strap is torn"),
                    state={"from": "in_stock", "to": "in_repair"},
                ),
            ],
        },
        path={"serialNumber": FREE_NUMBER},
        body={"state": "in_repair", "locationId": 905684977, "note": "Strap is torn"},
    ),
    "get_serial_history": Example(
        200,
        {
            "serialNumber": NUMBER,
            "results": [
                _entered(NUMBER),
                _SOLD,
                _registered(),
            ],
        },
        path=_SERIAL_PATH,
    ),
    "get_serial_pattern": Example(200, _pattern()),
    "put_serial_pattern": Example(200, _DIGITS_ANSWER, body=_DIGITS),
    "preview_serial_pattern": Example(200, _DIGITS_ANSWER, body=_DIGITS),
}

_UNITS: dict[str, Example] = {
    "post_order_assign": Example(
        200,
        {"items": [item(SECOND_ID, serialNumber=NUMBER)]},
        path={"orderId": ORDER_ID},
        body={"lineItemId": LINE_ID, "serialNumbers": [NUMBER]},
    ),
    "post_order_unassign": Example(
        200,
        {"items": [item()]},
        path={"orderId": ORDER_ID},
        body={"lineItemId": LINE_ID, "serialNumbers": [FREE_NUMBER]},
    ),
    "post_order_returns": Example(
        201,
        {
            "results": [
                {
                    "itemId": ITEM_ID,
                    "lineItemId": LINE_ID,
                    "serialNumber": FREE_NUMBER,
                    "state": "in_stock",
                    "ownership": None,
                }
            ]
        },
        path={"orderId": ORDER_ID},
        body={"items": [{"serialNumber": FREE_NUMBER, "disposition": "RESTOCKED", "note": "Unused"}]},
    ),
}

_UPLOADS: dict[str, Example] = {
    "post_upload": Example(
        202,
        _upload(
            status="waiting", progress=0.0, created=0, failed=0, entries=1, finishedAt=None, resultPath=None
        ),
        body="serialNumber,productSku\nCLK-3,CLOCK-R\n",
    ),
    "list_uploads": Example(200, {"results": [_upload()]}),
    "get_upload": Example(200, _upload(), path=_UPLOAD_PATH),
    "get_upload_result": Example(
        200,
        "serialNumber,experienceId,productSku,quantity,url,qrUrl,errorMessage\r\n"
        f"CLK-1,{EXPERIENCE_ID},CLOCK-R,,{_URL},{_URL}/qr.svg,\r\n"
        f'CLK-2,,ABC-1000,,,,"{_NO_SKU}"\r\n',
        path=_UPLOAD_PATH,
    ),
}

_EXPERIENCES: dict[str, Example] = {
    "export_experiences": Example(
        200,
        f"{_SHEET}warrantyDuration\r\n"
        f"{EXPERIENCE_ID},{VARIANT_ID},7,Alarm clock,Red,CLOCK-R,true,true,P24M\r\n"
        f"{OTHER_EXPERIENCE_ID},{VARIANT_ID + 1},8,Watch,,WATCH,true,false,\r\n",
    ),
    "import_experiences": Example(
        200,
        {
            "changed": 0,
            "errors": [
                {
                    "row": row,
                    "errorMessage": _SKU_SHARED,
                    "experienceId": experience_id,
                    "productSku": "CLOCK-R",
                }
                for row, experience_id in ((2, EXPERIENCE_ID), (3, OTHER_EXPERIENCE_ID))
            ],
        },
        body="experienceId,productSku,warrantyDuration\n"
        f"{EXPERIENCE_ID},CLOCK-R,P3Y\n{OTHER_EXPERIENCE_ID},CLOCK-R,P2Y\n",
    ),
}

_REGISTRATIONS: dict[str, Example] = {
    "post_registration": Example(
        201, _registration(serialNumber=FREE_NUMBER), body={**CLAIM, "serialNumber": FREE_NUMBER}
    ),
    "list_registrations": Example(200, page_of(_registration()), query={"serialNumber": NUMBER}),
    "search_registrations": Example(200, page_of(_registration()), body={"email": _EMAIL}),
    "delete_registration": Example(
        200,
        {"message": f"Serial number {NUMBER} has been reset successfully."},
        body={"serialNumber": NUMBER},
    ),
    "put_registration": Example(
        200,
        {"message": f"Serial number updated from {NUMBER} to {NEW_NUMBER}."},
        body={"operation": "update-serial", "serialNumber": NUMBER, "newSerialNumber": NEW_NUMBER},
    ),
    "get_registration_proof": Example(200, PROOF, path=_PATH),
    "delete_registration_proof": Example(
        200,
        _registration(
            {**_change("proof-received"), "actor": "visitor"},
            _change("proof-deleted"),
        ),
        path=_PATH,
    ),
    "get_registration": Example(200, _registration(), path=_PATH),
    "patch_registration": Example(
        200,
        _registration(
            _change(
                "corrected",
                warrantyUntil={"from": None, "to": "2029-11-01"},
                **{"customer.lastName": {}},
            ),
            ends="2029-11-01",
            customer={**ADA, "lastName": "King", "customerId": None},
        ),
        path=_PATH,
        body={"customer": {"lastName": "King"}, "warrantyUntil": "2029-11-01"},
    ),
    "approve_registration": Example(200, _registration(), path=_PATH),
    "deny_registration": _decided("denied"),
    "archive_registration": _decided("archived"),
    "post_transfer_code": Example(201, {"code": "K7QM2-ZTX4R", "expiresAt": MADE}, path=_PATH),
    "accept_transfer": Example(
        200,
        _registration(_change("transfer-offered"), _TRANSFERRED, customer=_OWNER),
        path=_PATH,
        body={"code": "K7QM2-ZTX4R", "customer": _GRACE},
    ),
    "transfer_registration": Example(
        200, _registration(_TRANSFERRED, customer=_OWNER), path=_PATH, body={"customer": _GRACE}
    ),
    "delete_registration_customer": Example(200, {"erased": 1}, path=_PATH),
    "delete_customer": Example(200, {"erased": 1}, body={"email": _EMAIL}),
}

EXAMPLES: dict[str, Example] = {**_SERIALS, **_UNITS, **_UPLOADS, **_EXPERIENCES, **_REGISTRATIONS}
