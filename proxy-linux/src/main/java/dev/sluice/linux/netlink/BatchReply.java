// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.NetlinkException;
import java.util.List;

/**
 * The result of a batch.
 *
 * @param refusals in the order of the requests
 * @param bytes of the requests
 */
public record BatchReply(List<Refusal> refusals, long messages, long bytes) {
    public BatchReply {
        refusals = List.copyOf(refusals);
    }

    /**
     * The kernel's refusal of the request at {@code index}.
     *
     * @param offset of the attribute that it refuses, in bytes from the beginning of the message; -1 when it names none
     */
    public record Refusal(int index, NetlinkException error, int offset) {
        public Refusal(int index, NetlinkException error) {
            this(index, error, -1);
        }
    }
}
