"""Training runs with one planted fault each, and healthy ones that look faulty, independently written."""
