"""Ways in: command line, HTTP service, batch job."""
