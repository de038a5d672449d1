"""The documents about this service: OpenAPI and AsyncAPI."""
