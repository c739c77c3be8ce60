// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A service port of one family as kube-proxy's rules name it.
 *
 * @param name {@code NAMESPACE/NAME}, and {@code :PORT} for a port with a name
 * @param nodePort 0 for none
 * @param endpoints ready ones
 */
public record UpstreamPort(
        String name, Protocol protocol, IpAddress clusterIp, int port, int nodePort, List<Endpoint> endpoints) {
    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int HASH_BYTES = 10;

    public UpstreamPort {
        endpoints = List.copyOf(endpoints);
    }

    /** An endpoint. */
    public record Endpoint(IpAddress address, int port) {
        @Override
        public String toString() {
            return address.withPort(port);
        }
    }

    String protocolName() {
        return protocol.name().toLowerCase(Locale.ROOT);
    }

    /** A chain of this service port. */
    String chain(String prefix) {
        return prefix + hash(name + protocolName());
    }

    /** The chain of one of its endpoints. */
    String chain(Endpoint endpoint) {
        return "KUBE-SEP-" + hash(name + protocolName() + endpoint);
    }

    /** The first 16 characters of the SHA-256 of {@code text} in base32. */
    static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            BigInteger bits = new BigInteger(1, Arrays.copyOf(digest, HASH_BYTES));
            StringBuilder hash = new StringBuilder();
            for (int shift = HASH_BYTES * 8 - 5; shift >= 0; shift -= 5) {
                hash.append(BASE32.charAt(bits.shiftRight(shift).intValue() & 31));
            }
            return hash.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
