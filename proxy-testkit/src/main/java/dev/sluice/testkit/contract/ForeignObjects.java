// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeNftables;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The other programs of a host: the objects that they keep in its kernel, and their changes to objects of a mode. */
final class ForeignObjects {
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");

    private ForeignObjects() {}

    /** Adds chains, a set, a virtual server and a device, all of which {@link #of} recognises. */
    static void add(FakeHost host, IpFamily family) {
        host.tools(family).byOthers("""
            *nat
            :DOCKER - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A DOCKER -i docker0 -j RETURN
            COMMIT
            *filter
            -A INPUT -i docker0 -j ACCEPT
            COMMIT
            """);
        boolean v4 = family == IpFamily.IPV4;
        IpAddress address = IpAddress.of(v4 ? "192.0.2.77" : "2001:db8:77::1");
        host.openLinks().device("docker0", "bridge").address("docker0", address.toString(), v4 ? 24 : 64);
        try {
            IpSet set = new IpSet("DOCKER-SET", IpSet.Type.HASH_IP, family, 1024);
            host.openIpSets().create(set);
            host.openIpSets().apply(List.of(new SetChange(set, new SetEntry.Ip(address), true)));
            VirtualServerKey key = new VirtualServerKey(Protocol.TCP, address, 77);
            host.openIpvs()
                    .apply(List.of(
                            new AddVirtualServer(new VirtualServer(key, "rr", 0, 0)),
                            new AddRealServer(key, new RealServer(address, 7777, 1))));
        } catch (NetlinkException e) {
            throw new IllegalStateException(e);
        }
        Table bridges = new Table(family, "DOCKER");
        NftSet known = NftSet.set("known", List.of(DataType.INET_SERVICE));
        host.nftables()
                .byOthers(List.of(
                        new NftCommand.AddTable(bridges, "", false),
                        new NftCommand.AddChain(bridges, NftChain.regular("bridges")),
                        new NftCommand.AddSet(bridges, known),
                        new NftCommand.AddElements(
                                bridges, known.name(), List.of(SetElement.of(Words.of(new byte[] {0x1e, 0x61}))))));
        host.resetCounters();
    }

    /** The lines of {@code dump} that describe what {@link #add} added. */
    static List<String> of(List<String> dump) {
        return dump.stream()
                .filter(line -> line.contains("DOCKER")
                        || line.contains("docker0")
                        || line.contains("77:77")
                        || line.contains("]:77"))
                .toList();
    }

    /** Deletes some rules, set elements and virtual servers of the mode, and adds rules to some of its chains. */
    static void vandalise(FakeHost host, IpFamily family, Predicate<KernelObject> ours, Random chance) {
        chains(host, family).stream()
                .filter(chain -> TABLES.contains(chain.kind()) && ours.test(chain))
                .filter(chain -> !ChainName.isBuiltIn(chain.name()))
                .forEach(chain -> edit(host.tools(family), chain, chance));
        tables(host, family).forEach(table -> edit(host.nftables(), table, chance));
        FakeIpSets sets = host.openIpSets();
        try {
            for (String name : sets.names()) {
                IpSet set = sets.shape(name).orElseThrow();
                List<SetChange> lost = sets.list(set).stream()
                        .filter(element -> chance.nextInt(4) == 0)
                        .map(element -> new SetChange(set, element, false))
                        .toList();
                sets.apply(lost);
            }
            for (VirtualServerState server : host.openIpvs().virtualServers()) {
                if (chance.nextInt(4) == 0) {
                    host.openIpvs()
                            .apply(List.of(
                                    new DeleteVirtualServer(server.server().key())));
                }
            }
        } catch (NetlinkException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void edit(FakeIptables tools, KernelObject chain, Random chance) {
        List<String> rules = tools.rules(chain.kind(), chain.name());
        if (!rules.isEmpty() && chance.nextInt(3) == 0) {
            String lost = rules.get(chance.nextInt(rules.size()));
            tools.byOthers("*" + chain.kind() + "\n-D " + chain.name() + " " + lost + "\nCOMMIT\n");
        } else if (chance.nextInt(4) == 0) {
            tools.byOthers("*" + chain.kind() + "\n-A " + chain.name() + " -p tcp -j RETURN\nCOMMIT\n");
        }
    }

    /** The tables of nf_tables, without the one that {@link #add} added. */
    private static List<Table> tables(FakeHost host, IpFamily family) {
        return host.nftables().tables().stream()
                .filter(table -> table.family() == family && !table.name().equals("DOCKER"))
                .toList();
    }

    private static void edit(FakeNftables nftables, Table table, Random chance) {
        List<NftCommand> edits = new ArrayList<>();
        for (String chain : new TreeSet<>(nftables.chainNames(table))) {
            if (chance.nextInt(4) == 0) {
                edits.add(new NftCommand.FlushChain(table, chain));
            } else if (chance.nextInt(4) == 0) {
                Immediate verdict = Immediate.verdict(Verdict.RETURN);
                edits.add(new NftCommand.AddRule(table, new NftRule(chain, List.of(verdict), "")));
            }
        }
        for (String set : new TreeSet<>(nftables.setNames(table))) {
            List<SetElement> lost = nftables.content(table, set).stream()
                    .filter(element -> chance.nextInt(4) == 0)
                    .map(element -> new SetElement(element.key(), element.end(), null, null, ""))
                    .toList();
            if (!lost.isEmpty()) {
                edits.add(new NftCommand.DeleteElements(table, set, lost));
            }
        }
        edits.add(new NftCommand.AddChain(table, NftChain.regular("theirs")));
        nftables.byOthers(edits);
    }

    /** Flushes the rules of iptables and deletes the tables of nf_tables. */
    static void flush(FakeHost host, IpFamily family) {
        TABLES.forEach(table -> host.tools(family).flush(table));
        tables(host, family).forEach(table -> host.nftables().byOthers(List.of(new NftCommand.DeleteTable(table))));
    }

    /** Deletes the chains that {@code which} accepts, and the jumps to them, as another mode does with leftovers. */
    static void removeChains(FakeHost host, IpFamily family, Predicate<KernelObject> which) {
        RestoreScript script = new RestoreScript();
        for (String table : TABLES) {
            TableDiff.plan(
                    host.tools(family).inForce(table),
                    TableRules.nothing(table),
                    chain -> which.test(new KernelObject(table, chain)),
                    script);
        }
        if (!script.isEmpty()) {
            host.tools(family).byOthers(script.text());
        }
    }

    /** All chains of the host, each with its table as the kind, or as the watch of nf_tables names them. */
    static Set<KernelObject> chains(FakeHost host, IpFamily family) {
        Set<KernelObject> chains = new LinkedHashSet<>();
        for (String table : TABLES) {
            host.tools(family).inForce(table).chains().forEach(chain -> chains.add(new KernelObject(table, chain)));
        }
        for (Table table : tables(host, family)) {
            host.nftables()
                    .chainNames(table)
                    .forEach(chain -> chains.add(new KernelObject(NftTableWatch.CHAIN, chain)));
        }
        return chains;
    }
}
