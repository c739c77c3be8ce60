package dev.sluice.linux.ipvs;

/** A virtual server as the kernel reports it. Services keyed by a firewall mark are not reported. */
public record VirtualServerState(VirtualServer server, IpvsStats stats) {}
