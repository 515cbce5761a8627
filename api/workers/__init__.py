"""Work for the processor in processes of its own, so that it never holds up an answer, and can be ended."""
