"""What people write and read: YAML, units, forms, sources, and errors that name the line."""
