"""Tests of the room that speaks Shopify: no database, no network."""
