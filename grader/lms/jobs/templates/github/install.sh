#!/usr/bin/env bash
# Runs as root on the runner, before any student's code is read.
set -euo pipefail
umask 077
here=$(dirname "$(readlink -f "$0")")
install -d -m 0711 /opt/grader
python3 -I -m venv /opt/grader/venv
/opt/grader/venv/bin/pip install --no-cache-dir -c "$here/constraints.txt" "$here/@WHEEL@"@PACKAGES@
chmod -R go+rX /opt/grader/venv
install -d -m 0700 /opt/grader/course
cp -R "$here/course/." /opt/grader/course/
chown -R root:root /opt/grader/course
chmod -R go= /opt/grader/course
install -m 0700 "$here/grade.sh" /opt/grader/grade.sh
# No second copy: not in the checkout, not in its history.
rm -rf "$here/course" "$here/../.git"
