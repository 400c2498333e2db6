"""What operators look at: health, readiness, metrics, the log line of a request, the API's docs."""
