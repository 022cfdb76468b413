"""Training recipes that lectures, tools and benchmarks share: settings that were tuned and measured once."""
