"""Texts of the outgoing webhooks."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "settings.page.webhooks": N_("Webhooks"),
    "webhooks.status.waiting": N_("Pending"),
    "webhooks.status.delivered": N_("Delivered"),
    "webhooks.status.failed": N_("Failed"),
}
