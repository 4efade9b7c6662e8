"""Texts of the registrations."""

from serializer_app.translations import N_

LABELS: dict[str, str | tuple[str, str]] = {
    "registrations.status.": N_("All"),
    "registrations.status.pending": N_("Pending"),
    "registrations.status.approved": N_("Approved"),
    "registrations.status.denied": N_("Denied"),
    "registrations.status.archived": N_("Archived"),
    "registrations.cover.none": N_("No warranty"),
    "registrations.cover.active": N_("Until {day}"),
    "registrations.cover.expired": N_("Expired {day}"),
    "registrations.cover.void": N_("Void"),
    "registrations.now.approved": N_("Approved"),
    "registrations.now.denied": N_("Denied"),
    "registrations.now.archived": N_("Archived"),
    "registrations.now.pending": N_("Reopened"),
    "registrations.email": N_("Email"),
    "registrations.firstName": N_("First name"),
    "registrations.lastName": N_("Last name"),
    "registrations.phone": N_("Phone"),
    "registrations.purchaseDate": N_("Purchase date"),
    "registrations.channel": N_("Bought at"),
    "registrations.orderNumber": N_("Order number"),
    "registrations.buyer.yes": N_("Bought this unit"),
    "registrations.buyer.no": N_("Did not buy this unit"),
}
