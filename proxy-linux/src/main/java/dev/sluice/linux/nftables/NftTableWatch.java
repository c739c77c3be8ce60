// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSubscription;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Notices when another program changes a table of ours: its rules, chains, sets and elements, or the table itself. The
 * kernel drops the notifications of our own commits before they take buffer space.
 *
 * <p>The objects of a {@link ForeignChange} are of kind {@value #CHAIN} or {@value #SET}.
 */
public final class NftTableWatch implements ForeignWatch {
    public static final String CHAIN = "chain";
    public static final String SET = "set";

    private final NetlinkSubscription subscription;
    private final boolean missedNothing;

    private NftTableWatch(NetlinkSubscription subscription, boolean missedNothing) {
        this.subscription = subscription;
        this.missedNothing = missedNothing;
    }

    /**
     * Watches in the network namespace of the calling thread, from now on.
     *
     * @param table its name, in either family
     * @param own whose commits do not count
     * @param noticed called on a thread of the watch, once for each family of a commit
     */
    public static NftTableWatch open(String table, Collection<NetlinkNftables> own, Consumer<ForeignChange> noticed)
            throws NetlinkException {
        return open(table, own, noticed, () -> false);
    }

    /** @param missedNothing asked once notifications arrive, whether nobody else has changed anything until then */
    static NftTableWatch open(
            String table,
            Collection<NetlinkNftables> own,
            Consumer<ForeignChange> noticed,
            BooleanSupplier missedNothing)
            throws NetlinkException {
        NetlinkSubscription subscription = NetlinkSubscription.open(
                Netlink.NETFILTER, new NftProtocol(), "table-watch", new Commits(table, noticed), NftProtocol.GROUP);
        try {
            List<Integer> ports = own.stream().map(NetlinkNftables::port).toList();
            subscription.ignoreSenders(ports);
        } catch (NetlinkException e) {
            subscription.close();
            throw e;
        }
        return new NftTableWatch(subscription, missedNothing.getAsBoolean());
    }

    @Override
    public String means() {
        return "nf_tables events";
    }

    @Override
    public boolean missedNothing() {
        return missedNothing;
    }

    @Override
    public void close() {
        subscription.close();
    }

    /** Collects the notifications of a commit, at whose end the kernel names the process that made it. */
    static final class Commits implements NetlinkSubscription.Listener {
        private final String table;
        private final Consumer<ForeignChange> noticed;
        private final Map<IpFamily, Set<KernelObject>> changed = new EnumMap<>(IpFamily.class);
        private final Set<IpFamily> everything = new HashSet<>();

        Commits(String table, Consumer<ForeignChange> noticed) {
            this.table = table;
            this.noticed = noticed;
        }

        @Override
        public void heard(Message message) throws NetlinkException {
            switch (message.type()) {
                case NftProtocol.NEW_RULE, NftProtocol.DELETE_RULE -> add(message, CHAIN, NftProtocol.RULE_CHAIN);
                case NftProtocol.NEW_CHAIN -> {
                    if ((message.flags() & (Netlink.F_CREATE | Netlink.F_EXCL)) == 0) {
                        addAll(message); // renamed, and the old name is unknown, or with another policy
                    } else {
                        add(message, CHAIN, NftProtocol.CHAIN_NAME);
                    }
                }
                case NftProtocol.DELETE_CHAIN -> add(message, CHAIN, NftProtocol.CHAIN_NAME);
                case NftProtocol.NEW_SET, NftProtocol.DELETE_SET -> add(message, SET, NftRequests.SET_NAME);
                case NftProtocol.NEW_ELEMENT, NftProtocol.DELETE_ELEMENT -> add(message, SET, NftRequests.ELEMENTS_SET);
                case NftProtocol.NEW_TABLE, NftProtocol.DELETE_TABLE -> addAll(message);
                case NftProtocol.NEW_GENERATION -> end(message);
                default -> {
                    // objects and flow tables, which we have not
                }
            }
        }

        /** All messages of objects have the table's name as their first attribute. */
        private void add(Message message, String kind, int attribute) throws NetlinkException {
            String of = "";
            String name = "";
            AttributeReader attributes = message.attributes(NftProtocol.HEADER);
            while ((of.isEmpty() || name.isEmpty()) && attributes.next()) {
                if (attributes.type() == NftProtocol.TABLE_NAME) {
                    of = attributes.string();
                } else if (attributes.type() == attribute) {
                    name = attributes.string();
                }
            }
            attributes.check("read a notification of nf_tables");
            for (IpFamily family : IpFamily.values()) {
                if (family.addressFamily() == message.u8(0) && of.equals(table)) {
                    changed.computeIfAbsent(family, _ -> new HashSet<>()).add(new KernelObject(kind, name));
                }
            }
        }

        private void addAll(Message message) {
            AttributeReader attributes = message.attributes(NftProtocol.HEADER);
            while (attributes.next()) {
                if (attributes.type() == NftProtocol.TABLE_NAME
                        && attributes.string().equals(table)) {
                    List.of(IpFamily.values()).stream()
                            .filter(family -> family.addressFamily() == message.u8(0))
                            .forEach(everything::add);
                }
            }
        }

        private void end(Message message) {
            if (changed.isEmpty() && everything.isEmpty()) {
                return;
            }
            report(NftGeneration.author(message));
        }

        private void report(String by) {
            Map<IpFamily, Set<KernelObject>> objects = new EnumMap<>(changed);
            Set<IpFamily> all = Set.copyOf(everything);
            forget();
            for (IpFamily family : IpFamily.values()) {
                if (objects.containsKey(family) || all.contains(family)) {
                    noticed.accept(new ForeignChange(
                            family, by, all.contains(family), objects.getOrDefault(family, Set.of())));
                }
            }
        }

        private void forget() {
            changed.clear();
            everything.clear();
        }

        @Override
        public void lost() {
            forget();
            everything.addAll(Set.of(IpFamily.values()));
            report("");
        }
    }
}
