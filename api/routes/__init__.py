"""Routes, one module per thing that is served."""
