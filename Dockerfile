# Image with apnemu and the lab's kernel, for a user without rights: `docker build -t apnemu .`, then for example
#
#   docker run --rm apnemu demo
#   docker run --rm --volume "$PWD:/work" apnemu run latency --topology three-sites
#   docker run --rm --volume "$PWD:/work" --entrypoint pytest apnemu -q
#
# It needs no privileges and no device: a lab is an ordinary process, which traces its own (ptrace). The kernel has a
# layer of its own, which is built anew only where its recipe changes.

FROM debian:12 AS kernel
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    bc bison build-essential ca-certificates flex libelf-dev linux-source-6.12 python3 python3-pip python3-venv xz-utils \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY apnemu/__init__.py apnemu/caches.py apnemu/errors.py apnemu/interrupts.py apnemu/
COPY apnemu/lab/__init__.py apnemu/lab/build.py apnemu/lab/cores.py apnemu/lab/ending.py apnemu/lab/kernel.py \
    apnemu/lab/leashed.py apnemu/lab/shipped.py apnemu/lab/source.py apnemu/lab/wheel.py apnemu/lab/
COPY apnemu/lab/kernel apnemu/lab/kernel
RUN python3 -c 'from pathlib import Path; from apnemu.lab import kernel, wheel; \
    wheel.make(kernel.ensure(report=print), Path("/dist"), print)'

FROM debian:12 AS wheel
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates python3 python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN python3 -m pip wheel --quiet --no-deps --wheel-dir /dist .

FROM debian:12-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    build-essential ca-certificates iperf3 iproute2 iputils-ping mininet net-tools openvswitch-switch python3 \
    python3-venv tcpdump \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 apnemu && install --directory --owner apnemu /work
COPY constraints.txt /tmp/
RUN python3 -m venv /opt/apnemu \
    && /opt/apnemu/bin/pip install --quiet --no-cache-dir --require-hashes --requirement /tmp/constraints.txt
COPY --from=kernel /dist /tmp/dist
COPY --from=wheel /dist /tmp/dist
RUN /opt/apnemu/bin/pip install --quiet --no-cache-dir --no-deps /tmp/dist/*.whl
ENV PATH=/opt/apnemu/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 1000
WORKDIR /work
ENTRYPOINT ["apnemu"]
CMD ["--help"]
