#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image of the autograder.
set -euo pipefail
cd "$(dirname "$0")"
source=$PWD
home=/opt/needle-grader
export DEBIAN_FRONTEND=noninteractive

install() { apt-get -qq install -y --no-install-recommends "$@" >/dev/null; }
is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }

apt-get -qq update
install ca-certificates python3 python3-venv
version=3
if ! is_recent /usr/bin/python3; then
    for version in 3.13 3.12 3.11 none; do
        [ "$version" = none ] || ! install "python$version" "python$version-venv" || break
    done
fi
if [ "$version" = none ]; then
    echo "setup: $(/usr/bin/python3 --version) is too old and $(. /etc/os-release; echo "$PRETTY_NAME")" \
        "has no newer one: choose a base image of Ubuntu 22.04 or later on Gradescope" >&2
    exit 1
fi
if [ "@COMPILES@" = yes ]; then
    install g++ "python$version-dev"
fi
rm -rf /var/lib/apt/lists/*

# the versions that the assignment was exported with, and no others
"/usr/bin/python$version" -m venv "$home"
"$home/bin/pip" --disable-pip-version-check --no-cache-dir -q install --no-deps --only-binary :all: \
    -r requirements.txt
"$home/bin/pip" --disable-pip-version-check check
echo "$source" >"$("$home/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/needle-grader.pth"
"$home/bin/python" -m compileall -q grader

# hidden tests and solutions are root's alone; student code has another uid
chmod -R u=rwX,go= "$source"
cd course
out=$(mktemp -d)
echo "setup: @NAME@ is installed; the reference is graded, to see that it works here"
"$home/bin/python" -I -B -m grader grade @NAME@ @REFERENCE@ --sandbox @SANDBOX@ --out "$out" ||
    echo "setup: warning: this machine cannot grade, see above; the one that grades may be another" >&2
rm -rf "$out"
