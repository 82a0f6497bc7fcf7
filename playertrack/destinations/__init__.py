"""The services that events are delivered to."""
