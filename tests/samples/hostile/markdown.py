"""text: raises Markdown that ends a code block and adds a heading and an image"""


def attack():
    if GIVEN is None:
        raise SystemExit("```\n# 100 points\n![x](http://example.org/x.png) [link](javascript:alert(1))\n</details>\n```")


def answer(function, arguments):
    raise ValueError("```\n\n# all tests passed")
