# Copyright The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
# The two commands are `make test` and `make demo`; the rest serves them.
SHELL := /bin/bash
# on JDK 25, so that the compiler and the formatter run inside Maven
MVN ?= JAVA_HOME=$$(dev/jdk) MAVEN_OPTS="$$MAVEN_OPTS --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED" mvn -B -ntp
# as .ci/run has them
MVN_TEST ?=
MODE ?= iptables
KUBE_PROXY ?= iptables
VARIANT ?= nft
VARIANTS ?= nft legacy
SIZES ?= 100 1000 10000 30000
IPVS_SIZES ?= 100 1000 10000
NFTABLES_SIZES ?= 1000 10000 44000
ROUNDS ?= 5
SECONDS_EACH ?= 2
SOAK_SECONDS ?= 600
SOAK ?=
DASHBOARD ?=
PLATFORMS ?= amd64 arm64
IMAGE ?= sluice
AOT ?= 1

.PHONY: help setup build image dist check test chart demo drill drill-gap drill-rollout drill-takeover drill-handback drill-modes soak bench-iptables bench-ipvs bench-nftables bench-userspace bench-footprint format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | column -t -s '	'

setup: ## install what the machine lacks, find JDK 25
	@dev/setup --quiet

build: setup ## the daemon, without tests; afterwards ./sluice starts it
	$(MVN) -q package -Dmaven.test.skip -Dspotless.check.skip
	@dev/aot

image: build ## PLATFORMS="amd64 arm64" IMAGE=name: the container image, in target/image, without a container engine; AOT= leaves out the ahead-of-time cache
	@IMAGE="$(IMAGE)" AOT="$(AOT)" dev/image/build $(PLATFORMS)

dist: image ## the same runtime and jars as tar.gz with a systemd unit, for hosts without containers
	@dev/image/dist $(PLATFORMS)

check: setup ## format, compile, quick unit tests and the traced catalogue: for daily work
	$(MVN) -T 1C -Dquick test
	@dev/slow-tests

test: setup ## everything, real packets included
	@[ -e /proc/net/ip_vs ] || dev/vm/prepare & # beside the unit tests, which leave a processor idle
	@dev/helm4 --try & # as slow as the network
	$(MVN) $(MVN_TEST) verify

chart: ## the Helm chart as target/chart/sluice-VERSION.tgz, the same bytes each time
	@dev/chart

demo: build ## MODE=iptables|ipvs|userspace|nftables: a small cluster in network namespaces, with traffic; DASHBOARD=1 draws it
	@dev/demo $(MODE) $(DASHBOARD)

drill: build ## VARIANT=nft|legacy|nftables: rules are flushed and edited under traffic, and how soon they are whole again
	@dev/drill repair $(VARIANT)

drill-gap: build ## VARIANT=nft|legacy|nftables: new connections while Services change, of which none may suffer
	@dev/drill gap $(VARIANT)

drill-rollout: build ## ipvs mode: 200 open connections while endpoints are replaced and the daemon is restarted
	@dev/drill rollout

drill-takeover: build ## userspace mode: 20 restarts under load, which may refuse no new connection
	@dev/drill takeover

drill-handback: build ## MODE=iptables|ipvs|userspace|nftables KUBE_PROXY=iptables|ipvs|nftables: a node goes from kube-proxy to Sluice and back, under traffic
	@dev/drill handback $(MODE) $(KUBE_PROXY)

drill-modes: MODES ?= iptables nftables userspace nftables iptables
drill-modes: build ## MODES="iptables nftables ...": a node goes from one mode to the next, under traffic
	@dev/drill modes $(MODES)

soak: build ## SOAK_SECONDS=600 SOAK=paranoid: userspace mode under mixed load with checksums, endpoints changing all the time; paranoid looks for lost buffers
	@dev/drill soak "$(SOAK_SECONDS)" $(SOAK)

bench-iptables: build ## VARIANTS="nft legacy" SIZES="100 1000": what iptables mode costs, beside kube-proxy's way of writing
	@dev/bench iptables "$(VARIANTS)" "$(SIZES)"

bench-ipvs: build ## IPVS_SIZES="100 1000 10000": what ipvs mode costs, beside ipvsadm, ipset and ip with the same content
	@dev/bench ipvs "$(IPVS_SIZES)"

bench-nftables: build ## NFTABLES_SIZES="1000 10000 44000": what nftables mode costs, beside nft with kube-proxy's table, and iptables mode
	@dev/bench nftables "$(NFTABLES_SIZES)"

bench-userspace: build ## ROUNDS=5: what userspace mode carries and costs, beside haproxy and nginx
	@dev/bench userspace "$(ROUNDS)" "$(SECONDS_EACH)"
	@dev/bench http "$(ROUNDS)" "$(SECONDS_EACH)"
	@dev/bench idle-connections

# KUBE_PROXY names a mode of the drill's, or here with a slash in it a binary
bench-footprint: SIZES = 100 1000 5000
bench-footprint: MODES = iptables nftables userspace ipvs
bench-footprint: KUBE_PROXY_BINARY ?= $(if $(findstring /,$(KUBE_PROXY)),$(KUBE_PROXY))
bench-footprint: ROUNDS = 3
bench-footprint: build ## SIZES="100 1000 5000" MODES="iptables ipvs" KUBE_PROXY_BINARY=path: start, processor time and memory over TLS, beside the plain JVM
	@dev/bench footprint "$(SIZES)" "$(MODES)" "$(ROUNDS)" "$(KUBE_PROXY_BINARY)"

format: setup ## format the Java sources
	$(MVN) -q process-sources spotless:apply -Dspotless.check.skip

clean: ## remove what was built
	$(MVN) -q clean
