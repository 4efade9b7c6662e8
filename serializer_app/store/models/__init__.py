"""Tables and their named constraints; no I/O and no JSON here."""

from serializer_app.store.models.attachments import Attachment, AttachmentPart
from serializer_app.store.models.claims import ClaimRules, Confirmation, MailSettings, PublicText
from serializer_app.store.models.columns import Base
from serializer_app.store.models.desk import FieldValue, PackedUnit, Staff, Task, TaskPart
from serializer_app.store.models.doctor import ShopFinding, WebhookSeen, WorkerSeen
from serializer_app.store.models.gate import FulfillmentHold
from serializer_app.store.models.items import BY_CUSTOMER, PUBLIC_ID, HistoryEntry, Item
from serializer_app.store.models.orders import Line, Order
from serializer_app.store.models.outbox import Lane, Mirror, OutboxRow
from serializer_app.store.models.privacy import DataRequest, ErasedCustomer, Erasure
from serializer_app.store.models.registry import (
    MADE_BY_CUSTOMER,
    Customer,
    Delivery,
    Endpoint,
    IdempotencyKey,
    OldUpload,
    OldUploadPart,
    Registration,
    Serial,
    SerialPattern,
    Transfer,
)
from serializer_app.store.models.scans import CloneAlert, Scan
from serializer_app.store.models.shops import ApiKey, Shop, ShopToken
from serializer_app.store.models.stock import ExpectedUnit, Location, ReturnLine, ShopifyStock
from serializer_app.store.models.takeover import Definition, ForeignValue
from serializer_app.store.models.variants import Variant

__all__ = [
    "BY_CUSTOMER",
    "MADE_BY_CUSTOMER",
    "PUBLIC_ID",
    "ApiKey",
    "Attachment",
    "AttachmentPart",
    "Base",
    "ClaimRules",
    "CloneAlert",
    "Confirmation",
    "Customer",
    "DataRequest",
    "Definition",
    "Delivery",
    "Endpoint",
    "ErasedCustomer",
    "Erasure",
    "ExpectedUnit",
    "FieldValue",
    "ForeignValue",
    "FulfillmentHold",
    "HistoryEntry",
    "IdempotencyKey",
    "Item",
    "Lane",
    "Line",
    "Location",
    "MailSettings",
    "Mirror",
    "OldUpload",
    "OldUploadPart",
    "Order",
    "OutboxRow",
    "PackedUnit",
    "PublicText",
    "Registration",
    "ReturnLine",
    "Scan",
    "Serial",
    "SerialPattern",
    "Shop",
    "ShopFinding",
    "ShopToken",
    "ShopifyStock",
    "Staff",
    "Task",
    "TaskPart",
    "Transfer",
    "Variant",
    "WebhookSeen",
    "WorkerSeen",
]
