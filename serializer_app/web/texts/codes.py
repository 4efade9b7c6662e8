"""Texts of the pages that make the codes of many units."""

from serializer_app.translations import N_

LABELS: dict[str, str | tuple[str, str]] = {
    "task.codes.running": N_("Created {done} of {total} QR codes"),
    "task.codes.finished": N_("QR codes ready: {done}"),
}
