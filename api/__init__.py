"""Ways in: plan requests and responses as JSON, the HTTP service, the command line, the batch job."""
