"""Units before and between sales: changed by hand, assigned to orders, returned."""
