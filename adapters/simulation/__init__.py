"""What simulated vendors share: a clock to move, faults on demand, a log of calls, a server in a thread."""
