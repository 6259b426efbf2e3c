"""The pyblish plug-ins, one small class a file; pyblish finds them by their folder."""
