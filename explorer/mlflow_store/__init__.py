"""The MLflow store or server that the host named, and the models in it."""
