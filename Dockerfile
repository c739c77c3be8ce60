# Copyright The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
# The image for those who have a container engine: the same content as `make image` makes without one, except for the
# ahead-of-time cache. `make build` first; then docker build -t sluice .
FROM debian:trixie-slim AS make
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-25-jdk-headless jq unzip ca-certificates
COPY dev /src/dev
COPY pom.xml LICENSE NOTICE /src/
COPY proxy-daemon/target/sluice /src/proxy-daemon/target/sluice
ARG TARGETARCH
RUN AOT= /src/dev/image/build "$TARGETARCH"

FROM scratch
ARG TARGETARCH
COPY --from=make /src/target/image/${TARGETARCH}/rootfs /
ENV PATH=/opt/sluice/runtime/bin:/usr/sbin:/usr/bin:/sbin:/bin MALLOC_ARENA_MAX=2
USER 0:0
LABEL org.opencontainers.image.title="Sluice" org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/opt/sluice/runtime/bin/java", "@/opt/sluice/jvm.options", "-jar", "/opt/sluice/sluice-daemon.jar"]
