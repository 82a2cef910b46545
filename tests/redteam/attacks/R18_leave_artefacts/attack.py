import os

from . import _kit

PLACES = ("results.json", "stdout", "output.log", "report.json", "index.html", "/autograder/results/stdout", "/tmp/output.txt",
          "results/plot.png", ".coverage", "core", "/submission/feedback.md", "junit.xml")


@_kit.plan
def artefacts():
    for place in PLACES:
        try:
            os.makedirs(os.path.dirname(place) or ".", exist_ok=True)
            with open(place, "w") as file:
                file.write("EXFIL the inputs of a hidden test")
        except OSError as error:
            _kit.say(f"{place}: {error}")
