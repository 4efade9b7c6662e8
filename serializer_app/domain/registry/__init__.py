"""The registry: serials known before any sale, and the one customer who may claim each (contract §1, §6)."""
