#!/usr/bin/env bash
# Runs as root: grades the checkout named by the first argument.
umask 077
export GRADER_COURSE=/opt/grader/course
cd /opt/grader
exec /opt/grader/venv/bin/grader autograde --lms github --assignment @NAME@ --submission "$1"
