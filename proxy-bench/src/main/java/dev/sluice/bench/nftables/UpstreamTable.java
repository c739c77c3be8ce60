// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.bench.FirstPacket;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.model.ManyServices;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of kube-proxy 1.36 in nftables mode for the Services of {@link ManyServices}, and its transactions. */
final class UpstreamTable {
    private static final String TABLE = "ip kube-proxy";
    private static final int ADDED = 900_000;
    private final int services;

    UpstreamTable(int services) {
        this.services = services;
    }

    /** Everything, as a first sync writes it. */
    String everything() {
        StringBuilder text = new StringBuilder("""
            table ip kube-proxy {
              set cluster-ips { type ipv4_addr; }
              map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
              map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
              chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
              chain cluster-ips-check { ip daddr @cluster-ips reject; }
              chain services {
                ip daddr @cluster-ips ip saddr != 10.244.0.0/16 meta mark set meta mark or 0x4000
                ip daddr . meta l4proto . th dport vmap @service-ips
              }
              chain masquerading { meta mark and 0x4000 != 0 meta mark set meta mark xor 0x4000 masquerade fully-random; }
              chain filter-forward { type filter hook forward priority 0; ct state new jump service-endpoints-check;
                ct state new jump cluster-ips-check; }
              chain filter-output { type filter hook output priority 0; ct state new jump service-endpoints-check;
                ct state new jump cluster-ips-check; }
              chain nat-output { type nat hook output priority -100; jump services; }
              chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
              chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
            }
            """);
        for (int i = 0; i < services; i++) {
            text.append(service(i, endpoints(0)));
        }
        return text.toString();
    }

    /** One endpoint of the first {@code count} Services replaced: their chains are written anew. */
    String replaced(int count, boolean there) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("add chain ").append(TABLE).append(' ').append(chain(i)).append('\n');
            text.append("flush chain ")
                    .append(TABLE)
                    .append(' ')
                    .append(chain(i))
                    .append('\n');
            text.append(rule(i, endpoints(there ? 1 : 0)));
        }
        return text.toString();
    }

    /** One Service more, or that removed. */
    String added(boolean there) {
        return there
                ? service(ADDED, endpoints(0))
                : "delete element " + TABLE + " service-ips { " + key(ADDED) + " }\ndelete element " + TABLE
                        + " cluster-ips { " + ManyServices.clusterIp(ADDED) + " }\nflush chain " + TABLE + " "
                        + chain(ADDED) + "\ndelete chain " + TABLE + " " + chain(ADDED) + "\n";
    }

    private static String service(int number, List<String> endpoints) {
        return "add chain " + TABLE + " " + chain(number) + "\n" + rule(number, endpoints) + "add element " + TABLE
                + " cluster-ips { " + ManyServices.clusterIp(number) + " }\nadd element " + TABLE + " service-ips { "
                + key(number) + " : goto " + chain(number) + " }\n";
    }

    private static String rule(int number, List<String> endpoints) {
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < endpoints.size(); i++) {
            map.append(i == 0 ? "" : ", ").append(i).append(" : ").append(endpoints.get(i));
        }
        return "add rule " + TABLE + " " + chain(number) + " meta l4proto tcp dnat ip addr . port to numgen random mod "
                + endpoints.size() + " map { " + map + " }\n";
    }

    private static String key(int number) {
        return ManyServices.clusterIp(number) + " . tcp . " + ManyServices.PORT;
    }

    private static String chain(int number) {
        return "service-" + String.format(Locale.ROOT, "%08X", number) + "-scale/svc-" + number + "/tcp/http";
    }

    private static List<String> endpoints(int generation) {
        List<String> endpoints = new ArrayList<>();
        for (IpAddress address : FirstPacket.ENDPOINTS) {
            endpoints.add(address + " . " + FirstPacket.PORT);
        }
        if (generation != 0) {
            endpoints.set(2, "10.244.9." + generation + " . " + FirstPacket.PORT);
        }
        return endpoints;
    }
}
