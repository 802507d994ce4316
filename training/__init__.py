"""The recipe of the pocket lineage, from corpus to weights: `make pocket`. Nothing imports it."""
