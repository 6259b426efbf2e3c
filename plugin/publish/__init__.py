"""Painted shots checked and published; pyblish plug-ins over pure rules."""
