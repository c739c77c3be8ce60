// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

/**
 * The number of messages and bytes that one sync sent to the kernel.
 *
 * @param messages rule lines, netlink messages or set elements
 * @param bytes bytes of restore input and netlink requests
 */
public record KernelCost(long messages, long bytes) {
    public static final KernelCost NONE = new KernelCost(0, 0);

    public KernelCost plus(KernelCost other) {
        return new KernelCost(messages + other.messages, bytes + other.bytes);
    }
}
