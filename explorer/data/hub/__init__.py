"""Rows of datasets on the Hugging Face Hub, of which only what is needed is downloaded."""
