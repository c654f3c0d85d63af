"""Live delivery: a hint on the bus wakes the hub, the hub asks reading's one question, readers get the answer."""
