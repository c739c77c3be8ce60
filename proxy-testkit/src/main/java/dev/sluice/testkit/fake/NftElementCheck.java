// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftSet.Flag;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import org.jspecify.annotations.Nullable;

/** What the kernel refuses of an element. */
final class NftElementCheck {
    private NftElementCheck() {}

    /** 0 when the element can be one of {@code set}. */
    static int errno(FakeNftTable table, NftSet set, SetElement element) {
        int errno = keyErrno(set, element);
        if (errno != 0) {
            return errno;
        }
        if (element.timeout() != null && !set.flags().contains(Flag.TIMEOUT)) {
            return Errno.EINVAL;
        }
        if (element.limit() != null && set.flags().contains(Flag.TIMEOUT)) {
            return Errno.EOPNOTSUPP;
        }
        if (set.isMap() != (element.value() != null)) {
            return Errno.EINVAL;
        }
        return valueErrno(table, set, element.value());
    }

    static int keyErrno(NftSet set, SetElement element) {
        Words end = element.end();
        if (element.key().length() != set.keyLength()
                || end != null && (!set.hasConcatenatedRanges() || end.length() != set.keyLength())) {
            return Errno.EINVAL;
        }
        return 0;
    }

    /** Whether no field of a range ends before it begins. */
    static boolean isOrdered(NftSet set, SetElement element) {
        Words first = element.key();
        Words last = element.end() == null ? first : element.end();
        int from = 0;
        for (DataType field : set.key()) {
            int to = from + field.padded();
            if (first.part(from, to).compareTo(last.part(from, to)) > 0) {
                return false;
            }
            from = to;
        }
        return true;
    }

    private static int valueErrno(FakeNftTable table, NftSet set, @Nullable Value value) {
        boolean verdicts = set.flags().contains(Flag.VERDICTS);
        return switch (value) {
            case null -> 0;
            case Words words -> verdicts || words.length() != DataType.length(set.data()) ? Errno.EINVAL : 0;
            case Verdict verdict -> verdicts ? NftRuleCheck.chainErrno(table, verdict) : Errno.EINVAL;
        };
    }

    /** Whether an end of the element lies in another one. */
    static boolean overlaps(NftElements elements, SetElement element) {
        if (!elements.set().hasConcatenatedRanges()) {
            return false;
        }
        Words end = element.end();
        return elements.find(element.key()).isPresent()
                || end != null && elements.find(end).isPresent();
    }
}
