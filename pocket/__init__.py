"""The pocket lineage: its weights, and the grammars of what it was taught and is measured with."""
