"""Texts of the pages that make the codes of many units."""

from serializer_app.translations import N_, NN_, Label

LABELS: dict[str, Label] = {
    "task.codes.running": NN_(
        "Created {done} of {total} QR code", "Created {done} of {total} QR codes", "total"
    ),
    "task.codes.finished": N_("QR codes ready: {done}"),
}
