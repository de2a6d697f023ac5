"""Logs in, cells out: importers, the store, prices. Knows neither analysis nor screen."""
