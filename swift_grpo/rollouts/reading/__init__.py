"""Files of a run to records, numbers and text, whoever wrote them. Knows nothing of the index."""
