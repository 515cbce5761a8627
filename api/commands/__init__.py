"""Commands, one module each. Whatever a command does not always need is imported when it is needed."""
