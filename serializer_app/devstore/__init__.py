"""A pretend Shopify on loopback for the demo and the tests; see server.DevStore. Never imported by the product."""
