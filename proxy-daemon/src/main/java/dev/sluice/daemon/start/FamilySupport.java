// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The address families that this node can serve. */
public final class FamilySupport {
    private static final Logger LOG = LoggerFactory.getLogger(FamilySupport.class);
    private static final Path IPV6_INTERFACES = Path.of("/proc/net/if_inet6");

    private final Sysctl sysctl;
    private final Function<IpFamily, Optional<String>> modeProblem;

    /** @param modeProblem why the mode in use cannot serve a family; empty when it can */
    public FamilySupport(Sysctl sysctl, Function<IpFamily, Optional<String>> modeProblem) {
        this.sysctl = sysctl;
        this.modeProblem = modeProblem;
    }

    /** Why a family cannot be served, for those that cannot; asks the host. */
    Map<IpFamily, String> problems() {
        Map<IpFamily, String> problems = new EnumMap<>(IpFamily.class);
        for (IpFamily family : IpFamily.values()) {
            problem(family).ifPresent(reason -> problems.put(family, reason));
        }
        return problems;
    }

    /**
     * Both families where possible, else the primary one.
     *
     * @param problems of {@link #problems}
     * @throws ConfigException when the primary family cannot be served
     */
    static Set<IpFamily> served(IpFamily primary, Map<IpFamily, String> problems) throws ConfigException {
        String primaryProblem = problems.get(primary);
        if (primaryProblem != null) {
            throw new ConfigException(List.of(
                    "this node's primary family is " + primary + ", and it cannot be served: " + primaryProblem));
        }
        problems.forEach((family, reason) -> LOG.atWarn()
                .addKeyValue("family", family)
                .addKeyValue("cause", reason)
                .log("{} is not served: {}", family, reason));
        Set<IpFamily> served = EnumSet.allOf(IpFamily.class);
        served.removeAll(problems.keySet());
        return served;
    }

    private Optional<String> problem(IpFamily family) {
        return (family == IpFamily.IPV6 ? ipv6Problem() : Optional.<String>empty()).or(() -> modeProblem.apply(family));
    }

    private Optional<String> ipv6Problem() {
        if (!Files.exists(IPV6_INTERFACES)) {
            return Optional.of("the kernel has no IPv6 (" + IPV6_INTERFACES + " is missing)");
        }
        try {
            boolean disabled = sysctl.read("net.ipv6.conf.all.disable_ipv6")
                    .filter("1"::equals)
                    .isPresent();
            return disabled
                    ? Optional.of("IPv6 is switched off (sysctl net.ipv6.conf.all.disable_ipv6 is 1)")
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of("sysctl net.ipv6.conf.all.disable_ipv6 cannot be read: " + e.getMessage());
        }
    }
}
