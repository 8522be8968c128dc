#!/bin/bash
# Runs as root, by sudo. Whoever calls it may be hostile: it takes no argument, reads a zip from stdin
# and prints result.json.
umask 077
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export GRADER_COURSE=/opt/grader/@NAME@/course
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3
head -c 25000000 > submission.zip
/opt/grader/venv/bin/python3 -I -m grader autograde --lms classroom50 --assignment @NAME@ \
    --submission submission.zip --staff-log /opt/grader/@NAME@/staff.log >/dev/null
status=$?
cat result.json
exit "$status"
