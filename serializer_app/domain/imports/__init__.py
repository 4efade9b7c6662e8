"""Items, registry serials and registrations from files and into files: the same columns both ways (contract §8.6)."""
