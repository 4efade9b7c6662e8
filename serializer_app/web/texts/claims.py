"""Texts of what customers may do themselves: register, verify; and of what looks copied."""

from serializer_app.translations import N_, NP_, Label

LABELS: dict[str, Label] = {
    "settings.page.claims": N_("Customer registration"),
    "claims.approval": N_("Registrations that need your approval"),
    "claims.approval.text": N_("A registration counts only once it is approved."),
    "claims.approval.never": N_("None"),
    "claims.approval.strangers": N_("All except those by the customer of the order"),
    "claims.approval.always": N_("All"),
    "claims.typed": N_("Registration without the code that came with the product"),
    "claims.typed.text": N_(
        "Serial numbers can be guessed or copied, so a typed number alone never registers a product. You can "
        "accept it together with a confirmed email address."
    ),
    "claims.typed.refused": N_("Do not accept"),
    "claims.typed.approval": N_("Accept with a confirmed email address, after your approval"),
    "claims.fields.text": N_("Ask only for what you need: data you do not collect cannot be lost."),
    "claims.off": N_("Do not ask"),
    "claims.optional": N_("Optional"),
    "claims.required": NP_("field of a form", "Required"),
    "claims.field.firstName": N_("First name"),
    "claims.field.lastName": N_("Last name"),
    "claims.field.phone": N_("Phone"),
    "claims.field.purchaseDate": N_("Purchase date"),
    "claims.field.channel": N_("Where it was bought"),
    "claims.field.orderNumber": N_("Order number"),
    "claims.field.proofOfPurchase": N_("Proof of purchase (PDF or picture)"),
    "claims.field.consent": N_("Consent"),
    "settings.page.public": N_("Public pages"),
    "public.genuine": N_("Genuine"),
    "public.genuine.text": N_("The unit was sold, or is genuine and still with you."),
    "public.unsold": N_("Not sold yet"),
    "public.unsold.text": N_("Shown below the text for genuine products while no sale is recorded."),
    "public.returned": N_("Returned to the shop"),
    "public.returned.text": N_("The unit came back and has not been sold again."),
    "public.lost": N_("Reported lost"),
    "public.lost.text": N_("The unit was lost or stolen."),
    "public.replaced": N_("Replaced"),
    "public.replaced.text": N_("The serial number was replaced by another one, for example after a repair."),
    "public.removed": N_("Withdrawn"),
    "public.removed.text": N_("The unit was removed from its order, or scrapped."),
    "public.ours.genuine": N_("This is a genuine product of {shop}."),
    "public.ours.unsold": N_("{shop} has not recorded a sale of this product yet."),
    "public.ours.returned": N_("This product was returned to {shop} and is not for sale at the moment."),
    "public.ours.lost": N_(
        "This product was reported lost or stolen. Do not buy it, and tell {shop} where you found it."
    ),
    "public.ours.replaced": N_(
        "This number was replaced by another one, for example after a repair. Use the number on your current product."
    ),
    "public.ours.removed": N_(
        "{shop} issued this number and later withdrew it, for example after a return. "
        "It no longer stands for a genuine product."
    ),
    "mail.security.starttls": N_("STARTTLS"),
    "mail.security.tls": N_("TLS"),
    "mail.security.none": N_("None (this computer only)"),
}
