"""What a visitor may see and do: look-up, claims, confirmations, scans."""
