"""Who the shop of the bench is, and what it sold: nothing here needs the app."""

SHOP_ID = 1
SHOP = "bench-shop.myshopify.com"
CLIENT_ID = "key-of-the-bench"
SECRET = "shpss_of_the_bench"
ENCRYPTION_KEY = "c2VyaWFsaXplci1iZW5jaC1mZXJuZXQta2V5LTAwMDE="

ORDER = 100
"""Units of an order, all of one line and variant: a whole page."""
FAN = 7
"""A customer with every tenth order, so a tenth of everything; each other order is somebody else's."""
POPULAR = 501
RARE = 502
"""Nine orders of ten are of the popular variant, also among the fan's."""
EXPERIENCE = "BENCH"

UNITS = 100_000
"""What is in the database while reading is measured."""
WHOLE_ORDER = 501
"""An order of the fan's, of the popular variant, in the middle of those units."""
SERIAL = "SN50050"
"""A unit of that order."""
