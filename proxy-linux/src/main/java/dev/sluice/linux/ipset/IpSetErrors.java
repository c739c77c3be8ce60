// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.util.Map;

/**
 * Translates the error numbers that are specific to ipset (enum ipset_errno, ip_set_hash.h, ip_set_bitmap.h). Those
 * with a general equivalent become that, so that the predicates of {@link NetlinkException} work; the others keep their
 * number.
 */
final class IpSetErrors {
    private static final int FIND_TYPE = 4098;
    private static final int BUSY = 4100;
    private static final int EXIST = 4103;
    private static final int REFERENCED = 4108;
    private static final int HASH_FULL = 4352;

    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(4097, "the kernel does not understand this message"),
            Map.entry(4099, "no room for another set"),
            Map.entry(4101, "there is no set of the other name, or, to rename one, there is"),
            Map.entry(4102, "the sets are of different types"),
            Map.entry(4104, "the prefix length is invalid"),
            Map.entry(4105, "the netmask is invalid"),
            Map.entry(4106, "the address family is invalid for this set"),
            Map.entry(4107, "the set was made without timeouts"),
            Map.entry(4109, "an IPv4 address is wanted"),
            Map.entry(4110, "an IPv6 address is wanted"),
            Map.entry(4353, "the element does not fit the set"),
            Map.entry(4354, "the transport protocol is invalid"),
            Map.entry(4355, "the transport protocol is missing"),
            Map.entry(4356, "the set takes no ranges"),
            Map.entry(4357, "the range is invalid"));

    private IpSetErrors() {}

    /** Adds the meaning of ipset's own error numbers to {@code refusal}; returns others unchanged. */
    static NetlinkException explain(NetlinkException refusal, IpSet set) {
        return switch (refusal.errno()) {
            case FIND_TYPE -> remarked(refusal, Errno.EOPNOTSUPP, unsupported(set));
            case BUSY, REFERENCED -> remarked(refusal, Errno.EBUSY, "a rule or another set refers to " + set.name());
            case EXIST -> remarked(refusal, Errno.EEXIST, "it is in the set already, or it is not in the set");
            case Errno.EEXIST ->
                remarked(
                        refusal,
                        Errno.EEXIST,
                        "a set of this name but of another type or family exists;" + " remove it with: ipset destroy "
                                + set.name());
            case HASH_FULL -> remarked(refusal, HASH_FULL, full(set));
            default ->
                TEXTS.containsKey(refusal.errno())
                        ? remarked(refusal, refusal.errno(), TEXTS.getOrDefault(refusal.errno(), ""))
                        : refusal;
        };
    }

    private static String full(IpSet set) {
        return set.type() == IpSet.Type.BITMAP_PORT
                ? "the port is outside of the set's range"
                : "the set is full (maxelem " + set.maxElements() + ")";
    }

    private static String unsupported(IpSet set) {
        String module = "ip_set_" + set.type().kernelName().replace(":", "_").replace(",", "");
        return "this kernel has no sets of type " + set.type().kernelName() + "; try: modprobe " + module;
    }

    private static NetlinkException remarked(NetlinkException refusal, int errno, String text) {
        return NetlinkException.remarked(refusal.operation(), errno, text);
    }
}
