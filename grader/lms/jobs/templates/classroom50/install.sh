#!/usr/bin/env bash
# Runs as root on the self-hosted runner, once for each assignment: install.sh RUNNER-ACCOUNT
set -euo pipefail
umask 077
account=${1:?name the account that the runner runs as}
here=$(dirname "$(readlink -f "$0")")
install -d -m 0711 /opt/grader
[ -x /opt/grader/venv/bin/python3 ] || python3 -I -m venv /opt/grader/venv
/opt/grader/venv/bin/pip install --no-cache-dir -c "$here/constraints.txt" "$here/@WHEEL@"@PACKAGES@
chmod -R go+rX /opt/grader/venv
rm -rf /opt/grader/@NAME@
install -d -m 0711 /opt/grader/@NAME@
cp -R "$here/course" /opt/grader/@NAME@/course
chown -R root:root /opt/grader/@NAME@
chmod -R go= /opt/grader/@NAME@/course
install -m 0700 "$here/grade.sh" /opt/grader/@NAME@/grade.sh
kept="CLASSROOM ASSIGNMENT ASSIGNMENT_TYPE USERNAME SUBMISSION_TAG COMMIT_URL RELEASE_URL"
install -d -m 0750 /etc/sudoers.d
cat > /etc/sudoers.d/grader-@NAME@ <<END
Defaults!/opt/grader/@NAME@/grade.sh env_keep += "$kept REVIEW_URL GITHUB_ACTOR GITHUB_ACTOR_ID"
$account ALL=(root) NOPASSWD: /opt/grader/@NAME@/grade.sh ""
END
chmod 0440 /etc/sudoers.d/grader-@NAME@
