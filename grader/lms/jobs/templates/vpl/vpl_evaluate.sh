#!/bin/bash
# VPL runs this to make vpl_execution, which then grades. Keep course.zip among the files that are
# kept when running; grader must be installed on the execution server (see README.md).
. common_script.sh 2>/dev/null || . vpl_environment.sh
{
    echo '#!/bin/bash'
    for name in VPL_GRADEMAX VPL_SUBFILE0 VPL_SUBFILE1 VPL_SUBFILE2 VPL_SUBFILE3; do
        printf 'export %s=%q\n' "$name" "${!name}"
    done
    cat <<'END'
# Submitted files lie in this folder: no program and no module may come from it.
umask 077
unset TMPDIR PYTHONPATH PYTHONHOME PYTHONSTARTUP
given=$PATH PATH=
IFS=:
for folder in $given; do
    case $folder in /*) PATH=$PATH${PATH:+:}$folder ;; esac
done
unset IFS
export PATH GRADER_COURSE
GRADER_COURSE=$(mktemp -d) || exit 1
trap 'rm -rf "$GRADER_COURSE"' EXIT
python3 -I -m zipfile -e course.zip "$GRADER_COURSE" >/dev/null 2>&1
rm -f course.zip
grader autograde --lms vpl --assignment @NAME@ 2>/dev/null
END
} > vpl_execution
chmod +x vpl_execution
