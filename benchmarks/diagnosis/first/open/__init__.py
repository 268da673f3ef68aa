"""The kinds that may be looked at while the diagnosis is worked on."""
