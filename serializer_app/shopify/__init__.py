"""Everything that speaks Shopify: signatures, id tokens, OAuth, the Admin API and its documents."""
