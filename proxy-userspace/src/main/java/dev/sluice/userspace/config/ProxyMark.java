// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.config;

import dev.sluice.linux.rules.PacketMark;

/**
 * The bits of the firewall mark of this mode. They are none of those of kube-proxy (14 and 15), Calico (16 to 31),
 * Cilium (8 to 11) or WireGuard's tools.
 *
 * <p>What the proxy sends to endpoints carries {@link #SENT}, by which the rules know it; with {@link #CLIENT} besides
 * when it has the client's address as its source. What the endpoint answers then carries {@code CLIENT} alone, which
 * leads it to the proxy, although it is addressed to the client.
 */
public final class ProxyMark {
    public static final PacketMark SENT = new PacketMark(12);
    public static final PacketMark CLIENT = new PacketMark(13);

    /** The mark of answers: what these bits must be, among those of {@link #MASK}. */
    public static final int ANSWER = 1 << CLIENT.bit();

    public static final int MASK = 1 << SENT.bit() | 1 << CLIENT.bit();

    private ProxyMark() {}

    /** The mark of what the proxy sends with the node's address. */
    public static int sent() {
        return 1 << SENT.bit();
    }
}
