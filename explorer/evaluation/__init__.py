"""One encoder measured on pairs, judged queries, labels or duplicates, and beside published figures."""
