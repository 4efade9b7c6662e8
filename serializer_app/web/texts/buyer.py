"""Texts of the pages for visitors of a shop that data picks: what was found, which field is wrong, what ended."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "not_found_long": N_(
        "{shop} has no product with the number “{number}”. Check it for typing errors. If your product shows "
        "exactly this number, please contact the shop."
    ),
    "is_product_long": N_(
        "“{number}” is a product’s barcode: every unit of the product has the same one. Enter the serial "
        "number or the item ID from the label."
    ),
    "is_link_long": N_(
        "This link leads to no product of {shop}. Enter the serial number or the item ID from the label."
    ),
    "mistyped_long": N_(
        "“{number}” looks like an item ID, but {shop} has no product with it. Compare it with the label "
        "character by character. If your product shows exactly this number, please contact the shop."
    ),
    "other_product_long": N_(
        "The code “{number}” names one product, but the serial number in it belongs to another product of "
        "{shop}. Please contact the shop."
    ),
    "email": N_("Email address"),
    "firstName": N_("First name"),
    "lastName": N_("Last name"),
    "phone": N_("Phone"),
    "purchaseDate": N_("Purchase date"),
    "channel": N_("Where you bought it"),
    "orderNumber": N_("Order number"),
    "proofOfPurchase": N_("Proof of purchase"),
    "consent": N_("I agree that {shop} stores these details."),
    "code_wrong": N_("This code is wrong or no longer valid. Check it and try again."),
    "is_missing": N_("{field}: please fill this in."),
    "is_too_long": N_("{field}: at most 100 characters."),
    "is_no_email": N_("{field}: write one address, such as name@example.com."),
    "is_no_day": N_("{field}: write the date as 2026-01-31."),
    "is_in_future": N_("{field}: this day is in the future."),
    "is_too_early": N_("{field}: this day is before 1970."),
    "file.missing": N_("{field}: please choose a file."),
    "file.empty": N_("{field}: the file is empty."),
    "file.several": N_("{field}: please choose one file only."),
    "file.too_large": N_(
        "The file is larger than 5 MB. Choose a smaller one, for example a picture of lower quality."
    ),
    "file.too_many_pixels": N_(
        "{field}: the picture is too large. Choose one with at most 25 million pixels, or 12 million if it is no JPEG."
    ),
    "file.is_heic": N_(
        "{field}: HEIC pictures cannot be read here. Save the picture as JPEG and choose that file."
    ),
    "file.wrong_type": N_("{field}: choose a PDF file or a picture (JPEG, PNG or WebP)."),
    "file.damaged": N_("{field}: the file is damaged or incomplete. Choose another one."),
    "too_many_files": N_("Too many files are waiting at the moment. Please try again in an hour."),
    "consent_missing": N_("Please tick the box to agree: {field}"),
    "form_old": N_("This form was open for too long. Please submit it again."),
    "taken": N_("Someone else has registered this product in the meantime."),
    "take_over_sign_in": N_("Sign in to claim ownership: this shop does not confirm email addresses."),
    "transfer_ended": N_("The transfer code is no longer valid. Ask the owner for a new one."),
    "refused": N_(
        "To register it, use the code that came with the product, or the account it was bought with."
    ),
    "too_many_mails": N_("Too many emails have been sent already. Please try again in an hour."),
    "ending_transferred": N_("This product has a new owner"),
    "ending_transferred_long": N_(
        "You transferred it, and the warranty went with it. If you did not transfer it, contact the shop."
    ),
    "ending_ended": N_("This registration has ended"),
    "ending_ended_long": N_(
        "{shop} ended it, for example after a return or at your request. If you still have the product, scan "
        "its code to register it again, or contact the shop."
    ),
    "ending_removed": N_("This product is no longer part of your order"),
    "ending_removed_long": N_(
        "{shop} took it off the order, for example after a return, so your registration is no longer valid. "
        "If you still have the product, contact the shop."
    ),
    "ending_denied": N_("This registration was declined"),
    "ending_denied_long": N_(
        "{shop} did not approve it. Contact the shop and have your proof of purchase ready."
    ),
    "trouble_long": N_("Please try again in a moment."),
}
