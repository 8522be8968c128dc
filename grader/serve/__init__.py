"""A web service on which students submit and read their feedback: ``grader serve``.

    supervisor   starts both processes below, restarts them, ends them
    web          accepts uploads, keeps the queue in service.db; has no course, no secret, no tests
    grading      holds the course, grades, keeps results.db; has no network

They communicate through a Unix socket (`messages`): the web process sends requests, the grading
service answers.
"""
