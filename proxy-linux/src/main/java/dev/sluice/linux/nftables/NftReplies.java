// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.Nftables.ListedChain;
import dev.sluice.linux.nftables.Nftables.ListedRule;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import dev.sluice.linux.nftables.expression.Expression;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what nf_tables answers. */
final class NftReplies {
    private NftReplies() {}

    /** A chain of {@code table}; null for one of another table. */
    static @Nullable ListedChain chain(String table, Message message) throws NetlinkException {
        String name = "";
        boolean inTable = false;
        String type = "";
        int[] place = {0, 0};
        boolean drops = false;
        String comment = "";
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftProtocol.CHAIN_TABLE -> inTable = attributes.string().equals(table);
                case NftProtocol.CHAIN_NAME -> name = attributes.string();
                case NftRequests.CHAIN_HOOK -> place = place(attributes.nested());
                case NftRequests.CHAIN_POLICY -> drops = attributes.u32BigEndian() == 0;
                case NftRequests.CHAIN_TYPE -> type = attributes.string();
                case NftRequests.CHAIN_USER_DATA -> comment = UserData.comment(attributes.bytes(), UserData.COMMENT);
                default -> {
                    // handle, number of rules, counters
                }
            }
        }
        attributes.check("read an nf_tables chain");
        NftChain.BaseHook hook = type.isEmpty() ? null : new NftChain.BaseHook(type, Hook.of(place[0]), place[1]);
        return inTable ? new ListedChain(new NftChain(name, hook, comment), drops) : null;
    }

    /** The number of the hook, and the priority. */
    private static int[] place(AttributeReader in) {
        int[] place = {0, 0};
        while (in.next()) {
            switch (in.type()) {
                case NftRequests.HOOK_NUMBER -> place[0] = (int) in.u32BigEndian();
                case NftRequests.HOOK_PRIORITY -> place[1] = (int) in.u32BigEndian();
                default -> {
                    // devices, of other families
                }
            }
        }
        return place;
    }

    /** A rule of {@code table}; null for one of another table. */
    static @Nullable ListedRule rule(String table, Message message) throws NetlinkException {
        boolean inTable = false;
        String chain = "";
        long handle = 0;
        List<Expression> expressions = new ArrayList<>();
        long[] packets = {ListedRule.UNCOUNTED};
        String comment = "";
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftProtocol.RULE_TABLE -> inTable = attributes.string().equals(table);
                case NftProtocol.RULE_CHAIN -> chain = attributes.string();
                case NftRequests.RULE_HANDLE -> handle = attributes.u64BigEndian();
                case NftRequests.RULE_EXPRESSIONS -> {
                    AttributeReader list = attributes.nested();
                    while (list.next()) {
                        expressions.add(Expression.read(list.nested(), count -> packets[0] = count));
                    }
                }
                case NftRequests.RULE_USER_DATA -> comment = UserData.comment(attributes.bytes(), UserData.COMMENT);
                default -> {
                    // the place among the other rules
                }
            }
        }
        attributes.check("read an nf_tables rule");
        return inTable ? new ListedRule(new NftRule(chain, expressions, comment), handle, packets[0]) : null;
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
                        NftRequests.SET_DATA_TYPE,
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
                        (int) numbers[NftRequests.SET_DATA_TYPE],
                        (int) numbers[NftRequests.SET_DATA_LENGTH],
                        (int) numbers[NftRequests.SET_FLAGS])
                : null;
    }
}
