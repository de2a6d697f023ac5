"""Statistics of agent runs: tidy frames and arrays in, frozen results out; knows neither the store nor the pages."""
