"""A scenario run: subjects, schedule, rules as arrays, labelled results, ledgers, replay."""
