# The template of a combinator template grader (language: Python 3). course.zip is a support file.
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

answer = """{{ STUDENT_ANSWER | e('py') }}"""
folder = tempfile.mkdtemp()
try:
    with zipfile.ZipFile("course.zip") as archive:
        archive.extractall(os.path.join(folder, "course"))
    os.unlink("course.zip")
    os.mkdir("answer")
    with open(os.path.join("answer", "@NAME@.py"), "w", encoding="utf-8") as out:
        out.write(answer)
    done = subprocess.run(
        [
            "grader",
            "autograde",
            "--lms",
            "coderunner",
            "--assignment",
            "@NAME@",
            "--submission",
            "answer",
        ],
        env={**os.environ, "GRADER_COURSE": os.path.join(folder, "course")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    sys.stdout.write(done.stdout.decode("utf-8"))
finally:
    shutil.rmtree(folder, ignore_errors=True)
