"""Where a class run is computed: `local` processes, or `celery` workers on many machines."""
