"""What stands on disk or on a command line: data rows, samples, a run's files and events, records, command lines."""
