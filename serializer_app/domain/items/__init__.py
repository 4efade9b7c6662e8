"""Items: the records of a sale, their fields, events, pages and ties to serials."""
