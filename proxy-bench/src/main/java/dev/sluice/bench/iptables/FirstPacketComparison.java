// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.bench.FirstPacket;
import dev.sluice.bench.Samples;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.model.ManyServices;
import dev.sluice.testkit.upstream.UpstreamText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times new connections on several sites, in rounds that visit all sites and destinations: what disturbs the machine
 * disturbs all of them.
 */
final class FirstPacketComparison {
    private static final int ROUNDS = 22;
    private static final int WARM_UP_ROUNDS = 2;
    private static final int CONNECTIONS = 100;
    private static final Pattern DESTINATION = Pattern.compile("-d ([0-9.]+)/32 ");

    private final List<Site> sites;
    private final int services;
    private final Random random;

    /** Where a connection goes. */
    enum Way {
        DIRECT("to a Pod itself: passes all of a list"),
        RANDOM("to a random Service"),
        LAST("to the last Service of the flat list");

        final String text;

        Way(String text) {
            this.text = text;
        }
    }

    /** @param sites the one with the flat list first */
    FirstPacketComparison(List<Site> sites, int services) {
        this.sites = sites;
        this.services = services;
        this.random = new Random(services);
    }

    Map<Layout, Map<Way, Samples>> run() throws IOException {
        IpAddress last = lastOfFlat();
        Map<Layout, Map<Way, Samples>> samples = new EnumMap<>(Layout.class);
        List<FirstPacket> callers = new ArrayList<>();
        try {
            for (Site site : sites) {
                callers.add(new FirstPacket(site.lab()));
                samples.put(site.layout(), new EnumMap<>(Way.class));
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < sites.size(); i++) {
                    Map<Way, Samples> ofSite =
                            Objects.requireNonNull(samples.get(sites.get(i).layout()));
                    for (Way way : Way.values()) {
                        Samples into = round < WARM_UP_ROUNDS
                                ? new Samples()
                                : ofSite.computeIfAbsent(way, w -> new Samples());
                        callers.get(i).connect(CONNECTIONS, n -> target(way, last), into);
                    }
                }
            }
        } finally {
            for (FirstPacket caller : callers) {
                caller.close();
            }
        }
        return samples;
    }

    private InetSocketAddress target(Way way, IpAddress last) {
        return switch (way) {
            case DIRECT ->
                new InetSocketAddress(
                        FirstPacket.ENDPOINTS
                                .get(random.nextInt(FirstPacket.ENDPOINTS.size()))
                                .toInetAddress(),
                        FirstPacket.PORT);
            case RANDOM ->
                new InetSocketAddress(
                        ManyServices.clusterIp(random.nextInt(services)).toInetAddress(), ManyServices.PORT);
            case LAST -> new InetSocketAddress(last.toInetAddress(), ManyServices.PORT);
        };
    }

    private IpAddress lastOfFlat() {
        List<String> dispatch = UpstreamText.of(sites.getFirst().save()).dispatch();
        for (String rule : dispatch.reversed()) {
            Matcher matcher = DESTINATION.matcher(rule + " ");
            if (matcher.find()) {
                return IpAddress.of(matcher.group(1));
            }
        }
        throw new LabException("no Service in the dispatch chain of the flat site");
    }
}
