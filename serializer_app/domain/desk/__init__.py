"""Read models and entry for staff: home, lists, search, packing, spreadsheets, label bundles, doctor."""
