// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.NftTable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Damages the tables of nftables mode with {@code nft}. */
final class TableDamage implements Damage {
    private static final Pattern PORTAL = Pattern.compile("([0-9a-f:.]+ \\. tcp \\. \\d+) comment");
    private static final List<String> CHAINS = List.of("services", "balance", "masquerading", "nat-prerouting");
    private static final List<String> SETS = List.of("map service-ips", "map slots", "set cluster-ips", "set pools");

    private final LabHost host;
    private final Random random;
    private final Map<IpFamily, String> wanted = new EnumMap<>(IpFamily.class);

    TableDamage(LabHost host, Random random) {
        this.host = host;
        this.random = random;
        for (IpFamily family : IpFamily.values()) {
            wanted.put(family, NftTable.withoutNumbers(NftTable.of(host, family)));
        }
    }

    @Override
    public int size() {
        return (int) wanted.values().stream().flatMap(String::lines).count();
    }

    @Override
    public String strike() {
        IpFamily family = random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
        String table = NftTable.ip(family) + " sluice";
        String chain = CHAINS.get(random.nextInt(CHAINS.size()));
        String command = switch (random.nextInt(9)) {
            case 0 -> "delete element " + table + " service-ips { " + portal(family) + " }";
            case 1 -> {
                String[] set = SETS.get(random.nextInt(SETS.size())).split(" ");
                yield "flush " + set[0] + " " + table + " " + set[1];
            }
            case 2 -> "flush chain " + table + " " + chain;
            case 3 -> "insert rule " + table + " " + chain + " accept";
            case 4 -> "delete chain " + table + " nat-prerouting";
            case 5 -> "chain " + table + " filter-forward { policy drop; }";
            case 6 -> "delete table " + table;
            case 7 -> "flush table " + table;
            default -> "flush ruleset";
        };
        host.feed(command + "\n", "nft", "-f", "-").orThrow();
        return command;
    }

    private String portal(IpFamily family) {
        Matcher found = PORTAL.matcher(wanted.getOrDefault(family, ""));
        List<String> all = new ArrayList<>();
        while (found.find()) {
            all.add(found.group(1));
        }
        return all.get(random.nextInt(all.size()));
    }

    @Override
    public String difference() {
        StringBuilder text = new StringBuilder();
        wanted.forEach((family, before) -> {
            String now = NftTable.withoutNumbers(NftTable.of(host, family));
            if (!now.equals(before)) {
                List<String> missing = new ArrayList<>(before.lines().toList());
                missing.removeAll(now.lines().toList());
                List<String> more = new ArrayList<>(now.lines().toList());
                more.removeAll(before.lines().toList());
                text.append(family)
                        .append(": there is less: ")
                        .append(missing)
                        .append(", more: ")
                        .append(more);
            }
        });
        return text.toString();
    }
}
