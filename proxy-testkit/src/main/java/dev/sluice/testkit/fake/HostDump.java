// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftRuleText;
import dev.sluice.linux.nftables.NftState;
import dev.sluice.linux.nftables.SetElement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The state of a {@link FakeHost} as an operator could list it, one line each: rules, sets, virtual servers, addresses,
 * tables of nf_tables.
 * Two hosts with equal dumps carry traffic alike. Kernel parameters are not included.
 */
public final class HostDump {
    private static final List<String> TABLES = List.of("filter", "nat", "mangle");

    private final FakeHost host;
    private final List<String> lines = new ArrayList<>();

    private HostDump(FakeHost host) {
        this.host = host;
    }

    public static List<String> of(FakeHost host) {
        HostDump dump = new HostDump(host);
        try {
            for (IpFamily family : IpFamily.values()) {
                TABLES.forEach(table -> dump.table(family, table));
            }
            dump.sets();
            dump.servers();
            dump.nftables();
            dump.links();
            return List.copyOf(dump.lines);
        } catch (NetlinkException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Leaves out a table without user chains and rules, because reading it makes the kernel create it. */
    private void table(IpFamily family, String table) {
        FakeIptables tools = host.tools(family);
        SavedTable content = tools.inForce(table);
        for (String chain : content.chains()) {
            String place = family + " " + table + " " + chain;
            if (!ChainName.isBuiltIn(chain)) {
                lines.add(place);
            }
            content.rules(chain).forEach(rule -> lines.add(place + ": " + rule));
        }
    }

    private void sets() {
        FakeIpSets sets = host.openIpSets();
        sets.names().stream().sorted().forEach(name -> {
            lines.add("set " + name);
            sets.elements(name).forEach(element -> lines.add("set " + name + ": " + element));
        });
    }

    private void servers() throws NetlinkException {
        FakeIpvs ipvs = host.openIpvs();
        List<String> servers = new ArrayList<>();
        for (VirtualServerState state : ipvs.virtualServers()) {
            VirtualServerKey key = state.server().key();
            servers.add("ipvs " + state.server());
            for (RealServerState real : ipvs.realServers(key)) {
                servers.add("ipvs " + key + " to " + real.server());
            }
        }
        servers.stream().sorted().forEach(lines::add);
    }

    /** Elements are sorted, since the kernel has no order of them. */
    private void nftables() {
        FakeNftables nftables = host.nftables();
        List<Table> tables = nftables.tables().stream()
                .sorted(Comparator.comparing(Table::toString))
                .toList();
        for (Table table : tables) {
            NftState state = nftables.state(table).orElseThrow();
            lines.add("nft " + table);
            for (String chain : sorted(nftables.chainNames(table))) {
                String place = "nft " + table + " chain " + chain;
                lines.add(place);
                for (NftRule rule : state.rules(chain).orElseThrow()) {
                    lines.add(place + ": "
                            + NftRuleText.of(rule, set -> state.content(set).map(NftState.Content::set)));
                }
            }
            for (String set : sorted(nftables.setNames(table))) {
                String place = "nft " + table + " set " + set;
                lines.add(place);
                nftables.content(table, set).stream()
                        .map(element -> place + ": " + text(element))
                        .sorted()
                        .forEach(lines::add);
            }
        }
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    private static String text(SetElement element) {
        return element.key()
                + (element.end() == null ? "" : "-" + element.end())
                + (element.value() == null ? "" : " : " + element.value())
                + (element.comment().isEmpty() ? "" : " \"" + element.comment() + "\"");
    }

    private void links() {
        FakeLinks links = host.openLinks();
        for (String link : links.devices()) {
            lines.add("link " + link);
            links.on(link).forEach(address -> lines.add("link " + link + ": " + address));
        }
    }
}
