"""Comparing encoders over one corpus: contenders, measures, statistics, judgements and reports."""
