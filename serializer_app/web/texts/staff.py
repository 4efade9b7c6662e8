"""Texts of the page that says who may change settings."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "settings.page.staff": N_("Staff"),
    "staff.limited.text": N_(
        "Products, orders, items and registrations stay open to everyone who can open the app."
    ),
    "staff.limited.off": N_("Everyone who can open the app"),
    "staff.limited.on": N_("Only owners and the people chosen here"),
    "staff.role.of": N_("Role of staff member {number}"),
    "staff.role.owner": N_("Owner"),
    "staff.role.editor": N_("Can change settings"),
    "staff.role.member": N_("Can view settings"),
}
