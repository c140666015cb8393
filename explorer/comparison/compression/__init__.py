"""One encoder in smaller vectors: what fewer dimensions and lower precision cost in quality."""
