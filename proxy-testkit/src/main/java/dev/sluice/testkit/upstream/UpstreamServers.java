// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.upstream.UpstreamPort.Endpoint;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The virtual servers of one family as kube-proxy's ipvs mode writes them, by {@code ipvsadm}, one after the other. */
final class UpstreamServers {
    private final IpFamily family;
    private final LabHost node;
    private final Set<String> written = new HashSet<>();

    UpstreamServers(IpFamily family, LabHost node) {
        this.family = family;
        this.node = node;
    }

    /** Adds or adapts the virtual server of {@code port} at {@code address}, with its endpoints. */
    void write(UpstreamPort port, IpAddress address, int number) {
        String type = port.protocol() == Protocol.UDP ? "-u" : "-t";
        String server = address.withPort(number);
        written.add(type + " " + server);
        ipvsadm("-A", type, server, "-s", "rr");
        ipvsadm("-E", type, server, "-s", "rr");
        Set<String> wanted = new TreeSet<>();
        for (Endpoint endpoint : port.endpoints()) {
            wanted.add(endpoint.toString());
            ipvsadm("-a", type, server, "-r", endpoint.toString(), "-m", "-w", "1");
            ipvsadm("-e", type, server, "-r", endpoint.toString(), "-m", "-w", "1");
        }
        for (String line : saved()) {
            String[] words = line.split(" ");
            if (line.startsWith("-a " + type + " " + server + " ") && !wanted.contains(words[4])) {
                // open TCP connections go on; deleted when they have ended, by a sync that this kube-proxy does not
                // have
                if (type.equals("-t")) {
                    ipvsadm("-e", type, server, "-r", words[4], "-m", "-w", "0");
                } else {
                    ipvsadm("-d", type, server, "-r", words[4]);
                }
            }
        }
    }

    /** Deletes every virtual server of the family that was not written, those of others included. */
    void removeStale() {
        for (String line : saved()) {
            String[] words = line.split(" ");
            boolean ours = words[2].startsWith("[") == (family == IpFamily.IPV6);
            if (words[0].equals("-A") && ours && !written.contains(words[1] + " " + words[2])) {
                ipvsadm("-D", words[1], words[2]);
            }
        }
    }

    /** Where node ports are served: on all addresses but those of {@code except}. */
    List<IpAddress> nodeAddresses(String except) {
        Set<String> all = new TreeSet<>(addresses());
        all.removeAll(addressesOf(except));
        return all.stream().map(IpAddress::of).toList();
    }

    Set<String> addressesOf(String device) {
        return addresses("dev", device);
    }

    private Set<String> addresses(String... which) {
        String[] words = new String[which.length + 5];
        System.arraycopy(
                new String[] {"ip", "-o", family == IpFamily.IPV4 ? "-4" : "-6", "address", "show"}, 0, words, 0, 5);
        System.arraycopy(which, 0, words, 5, which.length);
        Set<String> found = new TreeSet<>();
        for (String line : node.run(words).output().lines().toList()) {
            String[] parts = line.strip().split("\\s+");
            if (parts.length > 3 && !parts[1].equals("lo") && !parts[3].startsWith("fe80:")) {
                found.add(parts[3].replaceAll("/.*", ""));
            }
        }
        return found;
    }

    private List<String> saved() {
        return node.run("ipvsadm", "-S", "-n").orThrow().lines().toList();
    }

    /** What exists already, or does not any more, is no failure. */
    private void ipvsadm(String... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "ipvsadm";
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        node.run(words);
    }
}
