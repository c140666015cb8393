"""Rows of datasets on the Hugging Face Hub; only the parts that are needed are downloaded."""
