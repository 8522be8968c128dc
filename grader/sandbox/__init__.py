"""Run student code in a sandbox: the trusted side. Code that runs beside it is in `guest`."""
