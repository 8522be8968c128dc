"""Keep student code in: the trusted side. Everything that runs beside it is in `guest`."""
