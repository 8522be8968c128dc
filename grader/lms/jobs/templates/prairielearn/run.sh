#!/bin/sh
# PrairieLearn's entrypoint: runs as root, without network, in the image of ../../../image.
umask 077
mkdir -p /grade/results
install -d -m 0700 /opt/grader/course
cp -R /grade/tests/course/. /opt/grader/course/
chmod -R go= /opt/grader/course /grade/tests
export GRADER_COURSE=/opt/grader/course
cd / || exit 3
grader autograde --lms prairielearn --assignment @NAME@
exit 0
