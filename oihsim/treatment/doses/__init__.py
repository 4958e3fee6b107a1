"""Doses as files write them, for scenarios and populations alike: form, checks, courses."""
