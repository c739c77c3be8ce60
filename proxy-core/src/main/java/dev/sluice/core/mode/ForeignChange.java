package dev.sluice.core.mode;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Suspects;

/**
 * Another program changed something that a mode made in the kernel, or may have.
 *
 * @param by its name and process id as the kernel tells them, e.g. {@code iptables-nft (pid 4711)}; empty when unknown
 * @param suspects what has to be compared with the kernel
 */
public record ForeignChange(IpFamily family, String by, Suspects suspects) {}
