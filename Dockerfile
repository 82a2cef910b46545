# Two images from one file, see docs/containers.md:
#
#   worker   the student's side: Python, NumPy, compiler, pybind11. No test, no solution, no grader.
#   grader   the worker, the grader, and in the last layer the course with its hidden tests.
#
# No BuildKit is needed. Any Debian or Ubuntu base works; without nvcc, CUDA is emulated.
ARG BASE=nvidia/cuda:12.6.3-devel-ubuntu24.04

FROM ${BASE} AS worker
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends ca-certificates g++ python3 python3-dev python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
# where packages are mounted in other back ends, so that they are in one place in all
COPY constraints.txt /tmp/constraints.txt
RUN python3 -m venv /tmp/venv \
 && /tmp/venv/bin/pip -q install -c /tmp/constraints.txt --target /opt/site-packages numpy pybind11 \
 && rm -rf /tmp/venv /tmp/constraints.txt /root/.cache \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} +
ARG CONSTRAINTS_DIGEST=unknown
ARG GRADER_VERSION=unknown
LABEL needle.grader.role=worker \
      needle.grader.constraints=${CONSTRAINTS_DIGEST} \
      needle.grader.version=${GRADER_VERSION}
USER 2000:2000
HEALTHCHECK --interval=30s --timeout=10s CMD ["/usr/bin/python3", "-I", "-c", "import sys; sys.path.insert(0, '/opt/site-packages'); import numpy"]
CMD ["/usr/bin/python3", "-I"]

FROM worker AS grader
USER 0:0
# dependencies first: a change of the grader installs nothing again
COPY pyproject.toml constraints.txt /opt/needle/
RUN python3 -m venv /opt/venv \
 && python3 -c "import tomllib; p = tomllib.load(open('/opt/needle/pyproject.toml', 'rb'))['project']; print('\n'.join(p['dependencies'] + p['optional-dependencies']['course']))" > /tmp/needed.txt \
 && /opt/venv/bin/pip -q install -c /opt/needle/constraints.txt -r /tmp/needed.txt \
 && rm -f /tmp/needed.txt \
 && echo /opt/needle > "$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/needle.pth"
COPY grader /opt/needle/grader
COPY docker/grade /usr/local/bin/grade-one
COPY docker/grader /usr/local/bin/grader
ARG GRADER_DIGEST=unknown
ARG COURSE_DIGEST=unknown
LABEL needle.grader.role=grader \
      needle.grader.digest=${GRADER_DIGEST} \
      needle.grader.course=${COURSE_DIGEST}
# the last layers: a change of a test rebuilds nothing else
COPY reference_solution /opt/needle/reference_solution
COPY tests_public /opt/needle/tests_public
COPY student_template /opt/needle/student_template
COPY examples /opt/needle/examples
COPY assignments /opt/needle/assignments
COPY tests_hidden /opt/needle/tests_hidden
# for the grader's uid alone; of the rest, student code needs only what it is given
RUN chmod -R u=rwX,go= /opt/needle
WORKDIR /
HEALTHCHECK --interval=60s --timeout=30s CMD ["/usr/local/bin/grader", "--version"]
# The supervisor has to start as root; which capabilities it keeps, docs/containers.md says.
ENTRYPOINT ["/usr/local/bin/grade-one"]
