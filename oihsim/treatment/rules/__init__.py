"""Rules that react to the subject, as files write them: form, checks, resolved form, words."""
