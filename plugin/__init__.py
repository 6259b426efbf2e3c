"""What makes the engine a plug-in: jobs, files, colour, the worker and the commands."""
