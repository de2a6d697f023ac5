"""Data for large tests, and our work timed against its peers. Run a file with `python -m benchmarks.NAME`."""
