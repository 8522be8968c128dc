#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image. Choose Ubuntu 24.04 there: Python 3.11 or
# later is needed.
set -euo pipefail
umask 077
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv libseccomp2
source=/autograder/source
install -d -m 0711 /opt/grader
python3 -I -m venv /opt/grader/venv
/opt/grader/venv/bin/pip install --no-cache-dir -c "$source/constraints.txt" "$source/@WHEEL@"@PACKAGES@
chmod -R go+rX /opt/grader/venv
# Hidden tests, reference and secret: root's alone, and no second copy.
install -d -m 0700 /opt/grader/course
cp -a "$source/course/." /opt/grader/course/
chown -R root:root /opt/grader/course
chmod -R go= /opt/grader/course
rm -rf "$source/course"
chmod 0700 "$source"
