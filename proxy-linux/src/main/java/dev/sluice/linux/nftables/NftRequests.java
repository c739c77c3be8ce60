// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Expression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Messages to nf_tables. */
public final class NftRequests {
    private static final int TABLE_FLAGS = 2;
    private static final int TABLE_OWNED = 2;
    private static final int TABLE_USER_DATA = 6;
    static final int CHAIN_HOOK = 4;
    static final int CHAIN_POLICY = 5;
    static final int CHAIN_TYPE = 7;
    static final int CHAIN_USER_DATA = 12;
    static final int HOOK_NUMBER = 1;
    static final int HOOK_PRIORITY = 2;
    static final int RULE_HANDLE = 3;
    static final int RULE_EXPRESSIONS = 4;
    static final int RULE_USER_DATA = 7;
    private static final int LIST_ELEMENT = 1;
    static final int SET_TABLE = 1;
    static final int SET_NAME = 2;
    static final int SET_FLAGS = 3;
    static final int SET_KEY_TYPE = 4;
    static final int SET_KEY_LENGTH = 5;
    static final int SET_DATA_TYPE = 6;
    static final int SET_DATA_LENGTH = 7;
    private static final int SET_DESCRIPTION = 9;
    private static final int SET_ID = 10;
    private static final int SET_TIMEOUT = 11;
    private static final int SET_USER_DATA = 13;
    private static final int DESCRIPTION_SIZE = 1;
    private static final int DESCRIPTION_CONCATENATION = 2;
    private static final int FIELD_LENGTH = 1;
    private static final int POLICY_ACCEPT = 1;
    static final int VERDICT_TYPE = 0xffffff00;
    private static final int FLAG_MAP = 0x8;
    private static final int FLAG_CONCATENATION = 0x80;
    static final int ELEMENTS_TABLE = 1;
    static final int ELEMENTS_SET = 2;
    static final int ELEMENTS = 3;
    static final int ELEMENT_KEY = 1;
    static final int ELEMENT_DATA = 2;
    static final int ELEMENT_TIMEOUT = 4;
    static final int ELEMENT_EXPIRATION = 5;
    static final int ELEMENT_USER_DATA = 6;
    static final int ELEMENT_EXPRESSION = 7;
    static final int ELEMENT_KEY_END = 10;

    /** Below 64 KiB, which the length of an attribute can tell. */
    private static final int LONGEST_LIST = 60_000;

    private int lastSetId;

    /** The messages of one command; several when it has more elements than one message holds. */
    public List<NetlinkRequest> of(NftCommand command) {
        Table table = command.table();
        return switch (command) {
            case NftCommand.AddTable(var _, var comment, var owned) ->
                one(command, NftProtocol.NEW_TABLE, Netlink.F_CREATE, out -> {
                    out.string(NftProtocol.TABLE_NAME, table.name()).u32BigEndian(TABLE_FLAGS, owned ? TABLE_OWNED : 0);
                    comment(out, TABLE_USER_DATA, UserData.COMMENT, comment);
                });
            case NftCommand.DeleteTable _ ->
                one(command, NftProtocol.DELETE_TABLE, 0, out -> out.string(NftProtocol.TABLE_NAME, table.name()));
            case NftCommand.AddChain(var _, var chain) ->
                one(command, NftProtocol.NEW_CHAIN, Netlink.F_CREATE, out -> chain(out, table, chain));
            case NftCommand.FlushChain(var _, var chain) ->
                one(
                        command,
                        NftProtocol.DELETE_RULE,
                        0,
                        out -> out.string(NftProtocol.RULE_TABLE, table.name()).string(NftProtocol.RULE_CHAIN, chain));
            case NftCommand.DeleteChain(var _, var chain) ->
                one(
                        command,
                        NftProtocol.DELETE_CHAIN,
                        0,
                        out -> out.string(NftProtocol.CHAIN_TABLE, table.name()).string(NftProtocol.CHAIN_NAME, chain));
            case NftCommand.AddRule(var _, var rule) ->
                one(command, NftProtocol.NEW_RULE, Netlink.F_CREATE | Netlink.F_APPEND, out -> rule(out, table, rule));
            case NftCommand.AddSet(var _, var set) ->
                one(command, NftProtocol.NEW_SET, Netlink.F_CREATE, out -> set(out, table, set));
            case NftCommand.DeleteSet(var _, var set) ->
                one(
                        command,
                        NftProtocol.DELETE_SET,
                        0,
                        out -> out.string(SET_TABLE, table.name()).string(SET_NAME, set));
            case NftCommand.FlushSet(var _, var set) ->
                one(
                        command,
                        NftProtocol.DELETE_ELEMENT,
                        0,
                        out -> out.string(ELEMENTS_TABLE, table.name()).string(ELEMENTS_SET, set));
            case NftCommand.AddElements(var _, var set, var elements) ->
                elements(command, NftProtocol.NEW_ELEMENT, Netlink.F_CREATE, set, elements);
            case NftCommand.DeleteElements(var _, var set, var elements) ->
                elements(command, NftProtocol.DELETE_ELEMENT, 0, set, elements);
        };
    }

    static NetlinkRequest get(Object operation, int type, IpFamily family, MessageWriter.Content attributes) {
        return new NetlinkRequest(operation, type, 0, out -> {
            header(out, family);
            attributes.write(out);
        });
    }

    private static List<NetlinkRequest> one(NftCommand command, int type, int flags, MessageWriter.Content attributes) {
        return List.of(new NetlinkRequest(command, type, flags, out -> {
            header(out, command.table().family());
            attributes.write(out);
        }));
    }

    private static void header(MessageWriter out, IpFamily family) {
        out.u8(family.addressFamily()).u8(0).u16(0);
    }

    private static void chain(MessageWriter out, Table table, NftChain chain) {
        out.string(NftProtocol.CHAIN_TABLE, table.name()).string(NftProtocol.CHAIN_NAME, chain.name());
        NftChain.BaseHook hook = chain.hook();
        if (hook != null) {
            out.nested(
                            NftProtocol.nested(CHAIN_HOOK),
                            in -> in.u32BigEndian(HOOK_NUMBER, hook.hook().number())
                                    .u32BigEndian(HOOK_PRIORITY, hook.priority()))
                    .u32BigEndian(CHAIN_POLICY, POLICY_ACCEPT)
                    .string(CHAIN_TYPE, hook.type());
        }
        comment(out, CHAIN_USER_DATA, UserData.COMMENT, chain.comment());
    }

    private static void rule(MessageWriter out, Table table, NftRule rule) {
        out.string(NftProtocol.RULE_TABLE, table.name())
                .string(NftProtocol.RULE_CHAIN, rule.chain())
                .nested(NftProtocol.nested(RULE_EXPRESSIONS), list -> {
                    for (Expression expression : rule.expressions()) {
                        list.nested(NftProtocol.nested(LIST_ELEMENT), expression::write);
                    }
                });
        comment(out, RULE_USER_DATA, UserData.COMMENT, rule.comment());
    }

    private void set(MessageWriter out, Table table, NftSet set) {
        out.string(SET_TABLE, table.name())
                .string(SET_NAME, set.name())
                .u32BigEndian(SET_FLAGS, flags(set))
                .u32BigEndian(SET_KEY_TYPE, DataType.number(set.key()))
                .u32BigEndian(SET_KEY_LENGTH, DataType.length(set.key()))
                .u32BigEndian(SET_ID, ++lastSetId);
        if (set.flags().contains(NftSet.Flag.VERDICTS)) {
            out.u32BigEndian(SET_DATA_TYPE, VERDICT_TYPE);
        } else if (set.isMap()) {
            out.u32BigEndian(SET_DATA_TYPE, DataType.number(set.data()))
                    .u32BigEndian(SET_DATA_LENGTH, DataType.length(set.data()));
        }
        boolean ranges = set.hasConcatenatedRanges();
        if (set.size() > 0 || ranges) {
            out.nested(NftProtocol.nested(SET_DESCRIPTION), in -> description(in, set, ranges));
        }
        if (set.timeout().isPositive()) {
            out.u64BigEndian(SET_TIMEOUT, set.timeout().toMillis());
        }
        byte[] userData = UserData.of(set);
        if (userData.length > 0) {
            out.bytes(SET_USER_DATA, userData);
        }
    }

    private static void description(MessageWriter out, NftSet set, boolean ranges) {
        if (set.size() > 0) {
            out.u32BigEndian(DESCRIPTION_SIZE, set.size());
        }
        if (ranges) {
            out.nested(NftProtocol.nested(DESCRIPTION_CONCATENATION), fields -> {
                for (DataType field : set.key()) {
                    fields.nested(NftProtocol.nested(LIST_ELEMENT), in -> in.u32BigEndian(FIELD_LENGTH, field.bytes()));
                }
            });
        }
    }

    static int flags(NftSet set) {
        int flags = set.isMap() ? FLAG_MAP : 0;
        for (NftSet.Flag flag : set.flags()) {
            flags |= flag.number();
        }
        return set.hasConcatenatedRanges() ? flags | FLAG_CONCATENATION : flags;
    }

    private static List<NetlinkRequest> elements(
            NftCommand command, int type, int flags, String set, List<SetElement> elements) {
        List<NetlinkRequest> messages = new ArrayList<>();
        int from = 0;
        while (from < elements.size()) {
            int to = from;
            int bytes = 0;
            while (to < elements.size() && bytes < LONGEST_LIST) {
                bytes += atMost(elements.get(to++));
            }
            List<SetElement> part = elements.subList(from, to);
            messages.add(new NetlinkRequest(
                    new Part(command, part), type, flags, out -> elementList(out, command.table(), set, part)));
            from = to;
        }
        return messages;
    }

    /** The elements of one message, as part of a command. */
    record Part(NftCommand command, List<SetElement> elements) {
        @Override
        public String toString() {
            return command.toString();
        }
    }

    /** More bytes than an element takes. */
    private static int atMost(SetElement element) {
        return 144 + 2 * element.key().length() + 3 * element.comment().length();
    }

    private static void elementList(MessageWriter out, Table table, String set, List<SetElement> elements) {
        header(out, table.family());
        out.string(ELEMENTS_TABLE, table.name())
                .string(ELEMENTS_SET, set)
                .nested(NftProtocol.nested(ELEMENTS), list -> {
                    for (SetElement element : elements) {
                        list.nested(NftProtocol.nested(LIST_ELEMENT), in -> element(in, element));
                    }
                });
    }

    private static void element(MessageWriter out, SetElement element) {
        out.nested(NftProtocol.nested(ELEMENT_KEY), element.key()::write);
        Words end = element.end();
        if (end != null) {
            out.nested(NftProtocol.nested(ELEMENT_KEY_END), end::write);
        }
        Value value = element.value();
        if (value != null) {
            out.nested(NftProtocol.nested(ELEMENT_DATA), value::write);
        }
        Duration timeout = element.timeout();
        if (timeout != null) {
            out.u64BigEndian(ELEMENT_TIMEOUT, timeout.toMillis());
        }
        comment(out, ELEMENT_USER_DATA, UserData.COMMENT, element.comment());
        ConnectionLimit limit = element.limit();
        if (limit != null) {
            out.nested(NftProtocol.nested(ELEMENT_EXPRESSION), limit::write);
        }
    }

    private static void comment(MessageWriter out, int attribute, int type, String comment) {
        if (!comment.isEmpty()) {
            out.bytes(attribute, UserData.comment(type, comment));
        }
    }
}
