"""Outgoing webhooks and mail: endpoints, deliveries, addresses that may be called."""
