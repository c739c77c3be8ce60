// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/** Connection time-outs in seconds. In a request 0 keeps the kernel's value. */
public record IpvsTimeouts(int tcp, int tcpFin, int udp) {}
