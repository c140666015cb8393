"""Models of the BERT family as graphs, built from their files with OpenVINO's operations, without torch."""
