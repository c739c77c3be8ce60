// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpFamily;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The table of nftables mode on a host, as {@code nft} prints it. */
public final class NftTable {
    private static final String NAME = "sluice";

    private NftTable() {}

    /**
     * The table in {@code family}, its chains and sets in the order of their names; empty when there is none. Elements
     * that time out are left out: they are of clients with session affinity.
     */
    public static String of(LabHost host, IpFamily family) {
        String table = ip(family) + " " + NAME;
        String tables = host.run("nft", "list", "tables").orThrow();
        if (tables.lines().noneMatch(line -> line.equals("table " + table))) {
            return "";
        }
        CommandResult list = host.run("nft", "list", "table", ip(family), NAME);
        return list.exitCode() == 0 ? sorted(list.output()) : "";
    }

    private static String sorted(String text) {
        String body = text.replaceAll("[^{},\n]* timeout [^{},]* expires [^{},]*,?", "")
                .strip();
        return Arrays.stream(body.substring(0, body.length() - 1).split("\n\n", -1))
                .map(String::stripTrailing)
                .sorted()
                .collect(Collectors.joining("\n\n", "", "\n"));
    }

    /**
     * What {@link #of} gives, without the numbers of pools and kinds, which are given anew when a table is written
     * anew, and in an order that does not depend on them.
     */
    public static String withoutNumbers(String table) {
        return Arrays.stream(table.replaceAll("0x[0-9a-f]{8}", "N").split("[,\n{}]", -1))
                .map(String::strip)
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    /** {@code ip} or {@code ip6}. */
    public static String ip(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }
}
