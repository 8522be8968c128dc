"""A web page on which students submit and read their feedback: ``grader serve``.

    supervisor   starts both processes below, restarts them, ends them
    web          accepts uploads, keeps the queue in service.db; has no course, no secret, no tests
    grading      holds the course, grades, keeps results.db; has no network

They talk through a Unix socket (`messages`). Web asks, the grading service answers.
"""
