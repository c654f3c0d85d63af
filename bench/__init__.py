"""How close the service comes to what this machine can do at best: `python -m bench`, read with docs/performance.md."""
