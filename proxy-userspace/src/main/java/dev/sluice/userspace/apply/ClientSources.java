// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.route.PolicyRoutes.MarkedDelivery;
import dev.sluice.linux.sysctl.Sysctl;
import dev.sluice.userspace.config.ProxyMark;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.rules.ClientSourceRules;
import dev.sluice.userspace.rules.RedirectRules;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this node needs so that endpoints see the addresses of clients: rules, a routing rule and a local route. */
public final class ClientSources {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSources.class);

    private static final String MANGLE = "mangle";
    private static final String REMEDY = "have it change its own bits only (--set-xmark VALUE/MASK)";
    private static final int TABLE = 8250;
    /** Before the rules of network plug-ins, and behind that of local addresses. */
    private static final int PRIORITY = 90;
    /** How often it is looked at: programs that set up the network remove routing rules that they do not know. */
    private static final Duration CHECK = Duration.ofSeconds(10);

    /**
     * Whether the kernel looks for a socket before it routes a packet, in both families. What it then forwards
     * nevertheless it drops ({@code ip_forward}): answers to a Pod's own connection to an endpoint, while a socket of
     * the proxy in TIME-WAIT has the same addresses and ports.
     */
    static final String EARLY_DEMUX = "net.ipv4.tcp_early_demux";

    private final IpFamily family;
    private final UserspaceEngine engine;
    private final Iptables iptables;
    private final PolicyRoutes routes;
    private final Links links;
    private final Sysctl sysctl;
    private final LongSupplier nanoTime;
    private List<String> reported = List.of();
    private boolean wanted;
    private boolean works;
    private boolean warned;
    /** Whether what an earlier process has left is removed. */
    private boolean removed;

    private long lookedAt;
    /** {@link Iptables#generation} before the table was last read, for the other programs' rules in it. */
    private OptionalLong seen = OptionalLong.empty();

    private ForeignMarks foreign = new ForeignMarks(Optional.empty(), List.of());

    public ClientSources(
            IpFamily family,
            UserspaceEngine engine,
            Iptables iptables,
            PolicyRoutes routes,
            Links links,
            Sysctl sysctl,
            LongSupplier nanoTime) {
        this.family = family;
        this.engine = engine;
        this.iptables = iptables;
        this.routes = routes;
        this.links = links;
        this.sysctl = sysctl;
        this.nanoTime = nanoTime;
    }

    /**
     * Adds or repairs what is needed, or removes it where it is not requested or does not work, which is logged.
     *
     * @return whether clients' addresses can be used
     * @throws KernelException when it has worked before and the tools fail: open connections need what there is
     */
    public boolean apply(boolean requested) throws KernelException {
        lookedAt = nanoTime.getAsLong();
        wanted = requested;
        List<String> found = new ArrayList<>();
        if (requested) {
            prepare();
        }
        String problem = requested ? problem(found) : null;
        works = requested && problem == null;
        if (works) {
            removed = false;
        } else if (!removed) {
            removeQuietly();
            removed = true;
        }
        if (problem != null) {
            found = List.of("endpoints see the address of the node, and not of their clients: " + problem);
        }
        report(found);
        return works;
    }

    private void report(List<String> found) {
        found.stream()
                .filter(text -> !reported.contains(text))
                .forEach(text -> LOG.atWarn().addKeyValue("family", family).log(text));
        reported = List.copyOf(found);
    }

    /** What is wrong on this node, each with what to do. */
    public List<Problem> problems(NodeFacts node) {
        return reported.stream()
                .map(text -> Problem.ignored(
                        ObjectRef.node(node.name()), "--userspace-source-address", family.label() + ": " + text))
                .toList();
    }

    /** The time until {@link #apply} is due again, since others may have changed something; empty if not requested. */
    public Optional<Duration> nextCheck() {
        Duration left = CHECK.minusNanos(nanoTime.getAsLong() - lookedAt);
        return wanted ? Optional.of(left.isNegative() ? Duration.ZERO : left) : Optional.empty();
    }

    /** Whether {@link #apply} is due again. */
    public boolean isDue() {
        return nextCheck().filter(Duration::isZero).isPresent();
    }

    /** Sets the kernel parameter that takes more rights than the rest. */
    public void prepare() {
        try {
            if (sysctl.read(EARLY_DEMUX).isPresent()) {
                sysctl.set(EARLY_DEMUX, "0");
            }
            warned = false;
        } catch (IOException e) {
            if (!warned) {
                warned = true;
                LOG.atWarn()
                        .addKeyValue("cause", e.getMessage())
                        .log("a connection of a Pod straight to an endpoint may hang for a minute if the proxy has just"
                                + " used its port; run --init-only with more rights");
            }
        }
    }

    /** A kernel that lacks some of it has none of it either. */
    private void removeQuietly() {
        try {
            remove();
        } catch (KernelException e) {
            LOG.debug("what clients' addresses need cannot be removed: {}", e.getMessage());
        }
    }

    /** @param doubts receives what may concern some connections and does not hinder the others */
    private @Nullable String problem(List<String> doubts) throws KernelException {
        try {
            Optional<String> strict = validatedMark();
            if (strict.isPresent()) {
                return strict.get() + " is 1: the kernel would drop the answers of endpoints as martian; set it to 0";
            }
            engine.requireClientSources(family);
            OptionalLong generation = iptables.generation();
            if (!works || generation.isEmpty() || !generation.equals(seen)) {
                SavedTable saved = SavedTable.parse(MANGLE, iptables.save(MANGLE));
                foreign = ForeignMarks.in(saved);
                if (foreign.always().isPresent()) {
                    return "another program's rule " + foreign.always().get() + " overwrites the mark of every packet; "
                            + REMEDY;
                }
                replace(saved, ClientSourceRules.mangle().text());
                seen = generation;
            }
            addRoutes();
            foreign.sometimes()
                    .forEach(rule -> doubts.add("another program's rule " + rule
                            + " overwrites the mark of the packets that it matches, so that connections of these get"
                            + " no answer; " + REMEDY));
            return null;
        } catch (KernelException e) {
            if (works) {
                throw e;
            }
            return e.getMessage()
                    + "; the kernel needs the matches socket, connmark and conntrack, the targets MARK and"
                    + " CONNMARK (modules xt_socket, xt_connmark), and policy routing";
        } catch (EngineException | IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void addRoutes() throws NetlinkException {
        if (routes.add(delivery(family)) && works) {
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("priority", PRIORITY)
                    .addKeyValue("table", TABLE)
                    .log("another program had removed the routing rule or the route of endpoints' answers; they are"
                            + " added again");
        }
    }

    /** The parameter by which the way back to a source is looked up with the packet's mark, if it is set. */
    private Optional<String> validatedMark() throws KernelException, IOException {
        if (family == IpFamily.IPV6) {
            return Optional.empty();
        }
        if (isSet("all")) {
            return Optional.of("net.ipv4.conf.all.src_valid_mark");
        }
        for (Links.Link link : links.links()) {
            if (isSet(link.name())) {
                return Optional.of("net.ipv4.conf." + link.name() + ".src_valid_mark");
            }
        }
        return Optional.empty();
    }

    private boolean isSet(String link) throws IOException {
        return sysctl.read("net/ipv4/conf/" + link + "/src_valid_mark")
                .filter("1"::equals)
                .isPresent();
    }

    /** Removes the rules and the route. */
    public void remove() throws KernelException {
        removeRoutes(routes, family);
        replace(SavedTable.parse(MANGLE, iptables.save(MANGLE)), TableRules.nothing(MANGLE));
    }

    /**
     * Removes the routing rule and the route of {@code family}.
     *
     * @return whether there was one
     */
    public static boolean removeRoutes(PolicyRoutes routes, IpFamily family) throws NetlinkException {
        return routes.remove(delivery(family));
    }

    private static MarkedDelivery delivery(IpFamily family) {
        return new MarkedDelivery(family, ProxyMark.ANSWER, ProxyMark.MASK, TABLE, PRIORITY);
    }

    private void replace(SavedTable saved, TableRules desired) throws KernelException {
        RestoreScript script = new RestoreScript();
        TableDiff.plan(saved, desired, RedirectRules::owns, script);
        if (!script.isEmpty()) {
            iptables.restore(script.text());
        }
    }
}
