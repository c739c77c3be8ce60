// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePortName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The names of the chains of one service port. The prefix is followed by the first 16 characters of the base32 form
 * (RFC 4648) of the SHA-256 of name and protocol, as in kube-proxy: tools that know its names work on ours, and a node
 * can change from one to the other without a flush.
 *
 * @param cluster {@code KUBE-SVC-}: the endpoints under the Cluster policy
 * @param local {@code KUBE-SVL-}: the endpoints under the Local policy
 * @param external {@code KUBE-EXT-}: traffic to the node port and the external and load balancer addresses
 * @param firewall {@code KUBE-FW-}: the source ranges of the load balancer addresses
 */
public record PortChainNames(String cluster, String local, String external, String firewall) {
    private static final List<String> PREFIXES =
            List.of("KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-");
    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int HASH_LENGTH = 16;

    public static PortChainNames of(ServicePortName name) {
        String hash = hash(name.toString() + name.protocol().lowerCase());
        return new PortChainNames("KUBE-SVC-" + hash, "KUBE-SVL-" + hash, "KUBE-EXT-" + hash, "KUBE-FW-" + hash);
    }

    /** {@code KUBE-SEP-}: the chain of one endpoint of one service port. */
    public static String endpoint(ServicePortName name, Endpoint endpoint) {
        return "KUBE-SEP-" + hash(name.toString() + name.protocol().lowerCase() + endpoint.socketAddress());
    }

    /** Whether a chain of nat belongs to a service port or a dispatch tree, of this process or an earlier one. */
    public static boolean isPerPort(String chain) {
        return PREFIXES.stream().anyMatch(chain::startsWith);
    }

    /** The hash of {@code text}, 16 characters. */
    public static String hash(String text) {
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        StringBuilder hash = new StringBuilder(HASH_LENGTH);
        for (int i = 0; i < HASH_LENGTH; i++) {
            int bit = i * 5;
            int twoBytes = (digest[bit / 8] & 0xff) << 8 | digest[bit / 8 + 1] & 0xff;
            hash.append(BASE32.charAt(twoBytes >>> 11 - bit % 8 & 0x1f));
        }
        return hash.toString();
    }
}
