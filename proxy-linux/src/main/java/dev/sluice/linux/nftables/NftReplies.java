// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what nf_tables answers. */
final class NftReplies {
    private static final int VALUE = 1;
    private static final int VERDICT = 2;
    private static final int VERDICT_CODE = 1;
    private static final int VERDICT_CHAIN = 2;

    private NftReplies() {}

    /** The name of a chain of {@code table}; null for one of another table. */
    static @Nullable String chain(String table, Message message) throws NetlinkException {
        String name = null;
        boolean inTable = false;
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftProtocol.CHAIN_TABLE -> inTable = attributes.string().equals(table);
                case NftProtocol.CHAIN_NAME -> name = attributes.string();
                default -> {
                    // hook, policy, counters
                }
            }
        }
        attributes.check("read an nf_tables chain");
        return inTable ? name : null;
    }

    /** A set of {@code table}; null for one of another table. */
    static @Nullable SetHeader set(String table, Message message) throws NetlinkException {
        String name = "";
        boolean inTable = false;
        long[] numbers = new long[NftRequests.SET_DATA_LENGTH + 1];
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftRequests.SET_TABLE -> inTable = attributes.string().equals(table);
                case NftRequests.SET_NAME -> name = attributes.string();
                case NftRequests.SET_FLAGS,
                        NftRequests.SET_KEY_TYPE,
                        NftRequests.SET_KEY_LENGTH,
                        NftRequests.SET_DATA_LENGTH -> numbers[attributes.type()] = attributes.u32BigEndian();
                default -> {
                    // time-out, size, user data
                }
            }
        }
        attributes.check("read an nf_tables set");
        return inTable
                ? new SetHeader(
                        name,
                        (int) numbers[NftRequests.SET_KEY_TYPE],
                        (int) numbers[NftRequests.SET_KEY_LENGTH],
                        (int) numbers[NftRequests.SET_DATA_LENGTH],
                        (int) numbers[NftRequests.SET_FLAGS])
                : null;
    }

    /** The elements of one message. */
    static List<SetElement> elements(Message message) throws NetlinkException {
        List<SetElement> elements = new ArrayList<>();
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            if (attributes.type() == NftRequests.ELEMENTS) {
                AttributeReader list = attributes.nested();
                while (list.next()) {
                    SetElement element = element(list.nested());
                    if (element != null) {
                        elements.add(element);
                    }
                }
            }
        }
        attributes.check("read elements of an nf_tables set");
        return elements;
    }

    private static @Nullable SetElement element(AttributeReader attributes) {
        Words key = null;
        Words end = null;
        Value value = null;
        Duration left = null;
        String comment = "";
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftRequests.ELEMENT_KEY -> key = words(attributes.nested());
                case NftRequests.ELEMENT_KEY_END -> end = words(attributes.nested());
                case NftRequests.ELEMENT_DATA -> value = value(attributes.nested());
                case NftRequests.ELEMENT_EXPIRATION -> left = Duration.ofMillis(attributes.u64BigEndian());
                case NftRequests.ELEMENT_USER_DATA -> comment = UserData.comment(attributes.bytes(), UserData.COMMENT);
                default -> {
                    // flags, time-out, counters
                }
            }
        }
        return key == null ? null : new SetElement(key, end, value, left, comment);
    }

    private static @Nullable Words words(AttributeReader attributes) {
        return value(attributes) instanceof Words words ? words : null;
    }

    private static @Nullable Value value(AttributeReader attributes) {
        while (attributes.next()) {
            switch (attributes.type()) {
                case VALUE -> {
                    return Words.of(attributes.bytes());
                }
                case VERDICT -> {
                    return verdict(attributes.nested());
                }
                default -> {
                    // none other exists
                }
            }
        }
        return null;
    }

    private static @Nullable Verdict verdict(AttributeReader attributes) {
        int number = 0;
        String chain = "";
        while (attributes.next()) {
            switch (attributes.type()) {
                case VERDICT_CODE -> number = (int) attributes.u32BigEndian();
                case VERDICT_CHAIN -> chain = attributes.string();
                default -> {
                    // none other exists
                }
            }
        }
        for (Verdict.Code code : Verdict.Code.values()) {
            if (code.number() == number) {
                return new Verdict(code, chain);
            }
        }
        return null;
    }
}
