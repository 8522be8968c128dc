"""Student code, kept in: the trusted side. What runs beside it is in `guest`."""
