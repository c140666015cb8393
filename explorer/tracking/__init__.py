"""Encoders, comparisons and evaluations logged to MLflow."""
