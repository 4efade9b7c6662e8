"""Orders that wait in Shopify for their serial numbers."""
